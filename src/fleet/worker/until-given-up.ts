import type { Clock } from "../../common/clock.ts";

/** How long a worker that ends waits for a queue that is to know what became of its builds. */
const PATIENCE_MS = 60_000;
/** The same where nothing depends on it, or somebody is in a hurry. */
const SHORT_PATIENCE_MS = 10_000;
const LOOK_MS = 500;

export interface Farewell {
  readonly isReached: () => boolean;
  /** Nothing is given up while something is made or taken down. */
  readonly isAtWork: () => boolean;
  readonly isWorthWaiting: () => boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Waits until a worker that is to end has nothing left to do but to tell a queue that has been out of reach all the while.
 * @returns false when the signal has fired before
 */
export async function untilGivenUp(farewell: Farewell): Promise<boolean> {
  const { isReached, isAtWork, isWorthWaiting, clock, signal } = farewell;
  let since: number | undefined;
  while (!signal.aborted) {
    since = isReached() || isAtWork() ? undefined : (since ?? clock.now());
    const patienceMs = isWorthWaiting() ? PATIENCE_MS : SHORT_PATIENCE_MS;
    if (since !== undefined && clock.now() - since >= patienceMs) return true;
    await clock.sleep(LOOK_MS, signal).catch(() => undefined);
  }
  return false;
}
