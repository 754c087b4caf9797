import { once } from "node:events";
import { CancelledError, throwIfCancelled } from "../../common/errors.ts";
import type { Reach } from "./reach.ts";

// What was asked over a connection that is lost has no answer until there is another, and no error either.

/**
 * Waits for an answer until the signal fires.
 * @throws {CancelledError} then, at once
 */
export async function untilStopped<Value>(answer: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  // Nobody waits for what comes after.
  answer.catch(() => undefined);
  if (signal === undefined) return answer;
  throwIfCancelled(signal);
  const over = new AbortController();
  const stopped = once(signal, "abort", { signal: over.signal }).then((): never => {
    throwIfCancelled(signal);
    throw new CancelledError();
  });
  stopped.catch(() => undefined);
  try {
    return await Promise.race([answer, stopped]);
  } finally {
    over.abort();
  }
}

/**
 * Waits for an answer until somebody does not want to wait any more, and then as long as the queue is there.
 * @throws {UnreachableError} when it is lost then
 */
export async function unlessLeft<Value>(
  answer: Promise<Value>,
  { wish, reach }: { readonly wish: AbortSignal | undefined; readonly reach: Reach },
): Promise<Value> {
  try {
    return await untilStopped(answer, wish);
  } catch (error) {
    if (!wish?.aborted) throw error;
    return reach.whileThere(answer);
  }
}
