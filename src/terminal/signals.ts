import { CancelledError } from "../common/errors.ts";
import type { Io } from "./io.ts";

/** The two wishes of somebody who presses Ctrl-C. */
export interface StopWishes {
  /** The first: stop at the next safe point and clean up. */
  readonly signal: AbortSignal;
  /** The second: clean up with shorter deadlines. */
  readonly hurry: AbortSignal;
  /** Stops listening. */
  [Symbol.dispose](): void;
}

/**
 * Turns SIGINT, SIGTERM and SIGHUP into the two wishes. Further signals change nothing: a clean-up that was cut off would
 * leave what `outscale-chroot cleanup` then has to find.
 * @param tell Says what happens now
 * @param work What stops, as messages call it
 */
export function watchStopSignals(io: Io, tell: (message: string) => void, work = "build"): StopWishes {
  const stop = new AbortController();
  const hurry = new AbortController();
  const stopListening = io.onSignal((name) => {
    if (!stop.signal.aborted) {
      tell(
        `${name}: the ${work} stops at the next safe point and cleans up. A second ${name} makes the clean-up hurry.`,
      );
      stop.abort(new CancelledError(`The ${work} was stopped by ${name}`));
    } else if (!hurry.signal.aborted) {
      tell(`${name}: the clean-up hurries. "outscale-chroot cleanup" removes what it has no time for.`);
      hurry.abort(new CancelledError(`The clean-up was shortened by ${name}`));
    }
  });
  return { signal: stop.signal, hurry: hurry.signal, [Symbol.dispose]: stopListening };
}
