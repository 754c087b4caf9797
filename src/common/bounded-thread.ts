import type { Worker } from "node:worker_threads";
import { TimeoutError, throwIfCancelled } from "./errors.ts";

export interface ThreadBounds {
  /** The user's wish to stop. */
  readonly signal?: AbortSignal | undefined;
  readonly longestMs: number;
}

/**
 * Waits for what a thread has been asked, and ends the thread when it is not wanted any more or takes too long: what it works
 * at may have no end, and a thread that is busy hears nothing. When this returns or throws, the thread has answered, or is gone
 * with all that it had open.
 * @throws {TimeoutError}
 * @throws {CancelledError} or what the signal was fired with
 */
export async function withinBounds<Answer>(
  worker: Worker,
  answer: Promise<Answer>,
  { signal, longestMs }: ThreadBounds,
): Promise<Answer> {
  let giveUp: () => void = () => undefined;
  const givenUp = new Promise<undefined>((resolve) => {
    giveUp = () => resolve(undefined);
  });
  if (signal?.aborted) giveUp();
  signal?.addEventListener("abort", giveUp, { once: true });
  const timer = setTimeout(giveUp, longestMs);
  try {
    const first = await Promise.race([answer.then((value) => ({ value })), givenUp]);
    if (first !== undefined) return first.value;
    await worker.terminate();
  } finally {
    signal?.removeEventListener("abort", giveUp);
    clearTimeout(timer);
  }
  throwIfCancelled(signal);
  throw new TimeoutError(`It was given up after ${longestMs / 60_000} minutes`);
}
