import type { Clock } from "../../common/clock.ts";
import { isPassingRefusal, type RefusalError } from "./refusal-error.ts";

const PAUSE_MS = 2_000;

export interface PatienceInput {
  readonly clock: Pick<Clock, "sleep">;
  /** Told when the queue begins to refuse, and not of each time that it does. */
  readonly onRefused: (error: RefusalError) => void;
  /** Told when it has taken all that it had refused. */
  readonly onTaken: () => void;
}

/**
 * Has a queue take what it has to know, such as what became of a build: one that refuses for a reason that passes, as it is
 * full, is asked again until it does not. One that cannot be reached is asked again by its connection.
 */
export class Patience {
  readonly #input: PatienceInput;
  #refused = 0;

  constructor(input: PatienceInput) {
    this.#input = input;
  }

  /** Whether somebody waits for a queue that refuses. */
  get isNeeded(): boolean {
    return this.#refused > 0;
  }

  /** @param question May be asked several times, and is told whether it was refused before */
  async ask<Value>(question: (isAgain: boolean) => Promise<Value>): Promise<Value> {
    let isAgain = false;
    try {
      for (;;) {
        try {
          return await question(isAgain);
        } catch (error) {
          if (!isPassingRefusal(error)) throw error;
          if (!isAgain && this.#refused++ === 0) this.#input.onRefused(error);
          isAgain = true;
        }
        await this.#input.clock.sleep(PAUSE_MS);
      }
    } finally {
      if (isAgain && --this.#refused === 0) this.#input.onTaken();
    }
  }
}
