import type { Clock } from "../common/clock.ts";
import type { ApiOptions, Retry } from "../outscale/client.ts";
import type { EventSink } from "./events.ts";
import type { Ui } from "./ui.ts";

export interface TellRetryInput {
  readonly ui: Pick<Ui, "message">;
  readonly clock: Pick<Clock, "now">;
  readonly emit?: EventSink | undefined;
  /** Where the call goes, where there are several. */
  readonly region?: string | undefined;
}

/** Says that a call is being tried again, so that a service that does not answer is no silence. */
export function tellRetry({ ui, clock, emit, region }: TellRetryInput): Pick<ApiOptions, "onRetry" | "onRetryEnd"> {
  return {
    onRetry: (retry) => {
      emit?.({ type: "retry", ...retry, at: clock.now() });
      ui.message(describeRetry(retry, region));
    },
    onRetryEnd: (action) => emit?.({ type: "retry-ended", action, at: clock.now() }),
  };
}

/** `ReadVolumes: retrying 4 of 8 in 2.5 s: connection refused`, or `ReadVolumes in us-east-2: ...`. */
export function describeRetry(
  { action, attempt, attempts, reason, delayMs }: Omit<Retry, "action"> & { readonly action: string },
  region?: string,
): string {
  const where = region === undefined ? "" : ` in ${region}`;
  return `${action}${where}: retrying ${attempt} of ${attempts} in ${(delayMs / 1_000).toFixed(1)} s: ${reason}`;
}
