import type { FleetQueue } from "./fleet-queue.ts";
import type { OutputEntry } from "./messages.ts";
import { NUMBERS_PER_ATTEMPT } from "./output-writer.ts";

/** What came out of one look at a stream. */
export interface OutputPart {
  readonly entries: readonly OutputEntry[];
  /** Pieces that should have been there and were not: the queue has lost them, or somebody has removed them. */
  readonly missing: number;
  readonly refused: readonly unknown[];
  /** There may be more already. */
  readonly isCutOff: boolean;
}

const PIECES = 100;

/** Reads the output of a job, each piece once and in order, from its beginning. */
export class OutputReader {
  readonly #queue: FleetQueue;
  readonly #jobId: string;
  #place = "0-0";
  #next: number | undefined;

  constructor(queue: FleetQueue, jobId: string) {
    this.#queue = queue;
    this.#jobId = jobId;
  }

  /** What has been written since the last call, or the first of it. */
  async read(): Promise<OutputPart> {
    const key = this.#queue.keyOf("output", this.#jobId);
    return this.#take(await this.#queue.redis.xrange(key, `(${this.#place}`, "+", "COUNT", PIECES));
  }

  #take(pieces: readonly [string, string[]][]): OutputPart {
    const entries: OutputEntry[] = [];
    const refused: unknown[] = [];
    let missing = 0;
    for (const [place, [, numberText, , sealed]] of pieces) {
      this.#place = place;
      const number = Number(numberText);
      // Written twice, as the answer to the first was lost; or played again by somebody else.
      if (this.#next !== undefined && number < this.#next) continue;
      try {
        const { value } = this.#queue.openJson(sealed, "output", this.#jobId, number);
        missing += this.#gapBefore(number);
        this.#next = number + 1;
        // What opens with our key was written by one of ours.
        entries.push(...(value as OutputEntry[]));
      } catch (error) {
        refused.push(error);
      }
    }
    return { entries, missing, refused, isCutOff: pieces.length === PIECES };
  }

  /** A run of a job begins with a number of its own; within it none is left out. */
  #gapBefore(number: number): number {
    const isSameRun =
      this.#next !== undefined &&
      Math.floor(number / NUMBERS_PER_ATTEMPT) === Math.floor(this.#next / NUMBERS_PER_ATTEMPT);
    return isSameRun ? number - (this.#next ?? number) : number % NUMBERS_PER_ATTEMPT;
  }
}
