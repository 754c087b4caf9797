import type { BuildEvent, StepName } from "./events.ts";

/** How long a step took, or one provisioner of it. A step that was tried again is there twice. */
export interface Phase {
  readonly step: StepName;
  /** `shell (web.pkr.hcl:12)`: its time is a part of the step's. */
  readonly provisioner?: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly elapsedMs: number;
  readonly outcome: "done" | "failed" | "cancelled";
}

/** The phase that an event closes, if it does. */
export function phaseOf(event: BuildEvent): Phase | undefined {
  if (event.type !== "step-ended" && event.type !== "provisioner-ended") return undefined;
  const { at, elapsedMs, outcome } = event;
  const time = { startedAt: at - elapsedMs, elapsedMs, outcome };
  if (event.type === "step-ended") return { step: event.step, ...time };
  return { step: "StepChrootProvision", provisioner: event.provisioner, ...time };
}
