import type { WaitProgress } from "../../outscale/wait-for.ts";
import type { Build } from "../build.ts";

/** Passes on how a wait goes, under the step that waits. */
export function waitProgress(build: Build, subject: string): (progress: WaitProgress) => void {
  const step = build.currentStep.name;
  return (progress) => build.emit({ type: "progress", step, subject, ...progress });
}
