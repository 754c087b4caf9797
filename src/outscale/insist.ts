import { isConflict, isNotFound, WentBackError } from "./errors.ts";

/** How often a change is asked for, the first time included. */
const ATTEMPTS = 4;

export interface Insistence<Result> {
  /** Sends the call. */
  ask(): Promise<unknown>;
  /** Waits for what the call brings about. @throws {WentBackError} when the service has given it up */
  wait(): Promise<Result>;
  /** The call has been sent already, by whoever made the resource or in another life. */
  readonly isAsked?: boolean;
  /** Before it is asked again. */
  readonly onWentBack?: (error: WentBackError) => void;
}

/**
 * Asks for a change and waits for it. The service may drop what it has begun, such as the unlinking of a volume, and show
 * the old state again: then nothing happens any more until it is asked again.
 * @throws what `ask` and `wait` throw; {@link WentBackError} when it was dropped every time
 */
export async function insist<Result>({ ask, wait, isAsked = false, onWentBack }: Insistence<Result>): Promise<Result> {
  if (!isAsked) await ask();
  for (let attempt = 1; ; attempt++) {
    try {
      return await wait();
    } catch (error) {
      if (!(error instanceof WentBackError) || attempt === ATTEMPTS) throw error;
      onWentBack?.(error);
      await askAgain(ask);
    }
  }
}

/** By now somebody may have done it, or the service may be doing it after all: the wait that follows tells. */
async function askAgain(ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}
