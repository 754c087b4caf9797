import type { Clock } from "../common/clock.ts";
import type { EndedWait } from "../outscale/waiters.ts";
import type { CurrentStep } from "./current-step.ts";
import type { EventSink } from "./events.ts";
import { outcomeOf } from "./unwrap-failure.ts";

interface TellWaitsInput {
  readonly clock: Clock;
  readonly emit: EventSink;
  readonly currentStep: CurrentStep;
}

/** Makes an event of every wait that is over. */
export function tellWaits({ clock, emit, currentStep }: TellWaitsInput): (wait: EndedWait) => void {
  return ({ subject, goal, elapsedMs, lateMs, error }) => {
    const outcome = error === undefined ? "done" : outcomeOf(error);
    const what = { step: currentStep.name, subject, goal };
    emit({ type: "wait-ended", ...what, at: clock.now(), elapsedMs, ...(lateMs !== undefined && { lateMs }), outcome });
  };
}
