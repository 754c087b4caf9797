import type { Clock } from "../../../src/common/clock.ts";
import { throwIfCancelled } from "../../../src/common/errors.ts";

/** How many calls a wait takes: a state is seen at least once, however slow this machine is. */
const CALLS = 3;

/** A clock whose waits, however long, end after a few calls of the API: whoever waits for a state sees each on the way. */
export class CallClock implements Clock {
  readonly #sleepers = new Set<{ callsLeft: number; wake(): void }>();

  now(): number {
    return Date.now();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    throwIfCancelled(signal);
    if (ms === 0) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper = { callsLeft: CALLS, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });
    throwIfCancelled(signal);
  }

  /** A call was answered. */
  call(): void {
    for (const sleeper of this.#sleepers) {
      sleeper.callsLeft -= 1;
      if (sleeper.callsLeft === 0) sleeper.wake();
    }
  }
}
