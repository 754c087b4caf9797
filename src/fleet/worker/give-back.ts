import { DelayedError, type Job, WaitingError } from "bullmq";
import { isPassingRefusal } from "../queue/refusal-error.ts";

/** How long a job waits that a queue refuses to have begun. */
export const REFUSED_PAUSE_MS = 10_000;

/**
 * Leaves a job in the engine as it is: active. It is for somebody else to end it: for whoever holds it, or, when nobody does,
 * for a worker that looks after the jobs of others.
 */
export function leaveJob(): never {
  throw new WaitingError();
}

/** Lets somebody have a job again that was given to us, after a pause. @param token By which the engine knows us */
export async function giveBack(job: Job, token: string, pauseMs: number): Promise<never> {
  try {
    if (pauseMs > 0) await job.moveToDelayed(Date.now() + pauseMs, token);
    else await job.moveToWait(token);
  } catch (error) {
    if (isPassingRefusal(error)) leaveJob();
    throw error;
  }
  if (pauseMs > 0) throw new DelayedError();
  throw new WaitingError();
}
