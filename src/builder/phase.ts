import type { BuildEvent, StepName } from "./events.ts";

/** How long a step took. A step that was tried again is there twice. */
export interface Phase {
  readonly step: StepName;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly elapsedMs: number;
  readonly outcome: "done" | "failed" | "cancelled";
}

/** The phase that an event closes, if it does. */
export function phaseOf(event: BuildEvent): Phase | undefined {
  if (event.type !== "step-ended") return undefined;
  const { step, at, elapsedMs, outcome } = event;
  return { step, startedAt: at - elapsedMs, elapsedMs, outcome };
}
