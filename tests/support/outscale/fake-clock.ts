import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../../src/common/clock.ts";
import { throwIfCancelled } from "../../../src/common/errors.ts";

interface Sleeper {
  readonly wakeAt: number;
  wake(): void;
}

/** A clock that moves only while {@link FakeClock.run} watches, and then from one awaited moment to the next. */
export class FakeClock implements Clock {
  /** Every sleep that was begun, in milliseconds. */
  readonly sleeps: number[] = [];
  readonly #sleepers = new Set<Sleeper>();
  #now: number;

  constructor(now = Date.UTC(2026, 0, 1, 12)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    throwIfCancelled(signal);
    this.sleeps.push(ms);
    await new Promise<void>((wake) => {
      const stop = () => this.#sleepers.delete(sleeper) && wake();
      const sleeper: Sleeper = {
        wakeAt: this.#now + ms,
        wake: () => {
          signal?.removeEventListener("abort", stop);
          wake();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", stop, { once: true });
    });
    throwIfCancelled(signal);
  }

  /** Lets the work finish: whenever nothing is left to do at this moment, time jumps to the next awaited one. */
  async run<Result>(work: Promise<Result>): Promise<Result> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    work.then(done, done);
    while (!isDone) {
      await setImmediate();
      if (!isDone) this.#jump();
    }
    return work;
  }

  #jump(): void {
    const [next] = [...this.#sleepers].sort((a, b) => a.wakeAt - b.wakeAt);
    if (!next) return;
    this.#sleepers.delete(next);
    this.#now = Math.max(this.#now, next.wakeAt);
    next.wake();
  }
}
