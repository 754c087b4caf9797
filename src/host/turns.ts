import type { Clock } from "../common/clock.ts";
import { CancelledError, throwIfCancelled } from "../common/errors.ts";

/** One's turn at something that is passed on from one to the next. */
export interface Turn<Baton> {
  /** What the one before has passed on; undefined where there was none, or it had nothing. */
  readonly baton: Baton | undefined;
  /** Does somebody wait for the next turn? */
  isAwaited(): boolean;
  /** Ends the turn, and hands this to the next in line. */
  end(baton?: Baton): void;
}

export interface TurnOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called when it is not one's turn at once. */
  readonly onWait?: () => void;
}

/** A line of those in this process that want the same thing: first come, first served. */
export class Turns<Baton> {
  readonly #line: ((turn: Turn<Baton>) => void)[] = [];
  #isTaken = false;

  /**
   * Waits for one's turn.
   * @returns undefined when it has not come in time
   * @throws {CancelledError} as soon as the signal fires
   */
  async take({ clock, timeoutMs, signal, onWait }: TurnOptions): Promise<Turn<Baton> | undefined> {
    throwIfCancelled(signal);
    if (!this.#isTaken) {
      this.#isTaken = true;
      return this.#turn(undefined);
    }
    onWait?.();
    const turn = new AbortController();
    let mine: Turn<Baton> | undefined;
    const start = (given: Turn<Baton>) => {
      mine = given;
      turn.abort();
    };
    this.#line.push(start);
    try {
      await clock.sleep(timeoutMs, signal ? AbortSignal.any([signal, turn.signal]) : turn.signal);
    } catch (error) {
      // A turn that has come is taken, or it would be lost: its owner looks at the signal again.
      if (mine === undefined || !(error instanceof CancelledError)) throw error;
    } finally {
      const place = this.#line.indexOf(start);
      if (place >= 0) this.#line.splice(place, 1);
    }
    return mine;
  }

  #turn(baton: Baton | undefined): Turn<Baton> {
    let hasEnded = false;
    return {
      baton,
      isAwaited: () => this.#line.length > 0,
      end: (next) => {
        if (hasEnded) return;
        hasEnded = true;
        const start = this.#line.shift();
        if (start === undefined) this.#isTaken = false;
        else start(this.#turn(next));
      },
    };
  }
}
