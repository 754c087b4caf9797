import { formatDuration } from "../common/duration.ts";
import type { Retry } from "../outscale/client.ts";
import type { Ui } from "./ui.ts";

/** The first retries come within a second, and mostly succeed: nobody has to know. */
const TELL_FROM_ATTEMPT = 3;

/** Says that a call is being tried again, so that a service that does not answer is no silence. */
export function tellRetry(ui: Pick<Ui, "message">): (retry: Retry) => void {
  return ({ action, attempt, attempts, reason, delayMs }) => {
    if (attempt < TELL_FROM_ATTEMPT) return;
    const delay = formatDuration(Math.ceil(delayMs / 1_000) * 1_000);
    ui.message(`${action} failed: ${reason}. Trying again in ${delay} (${attempt} of ${attempts})`);
  };
}
