import { messageOf } from "../../common/errors.ts";
import type { FleetQueue } from "./fleet-queue.ts";
import { KEPT_SECONDS } from "./fleet-queue.ts";
import type { OutputEntry } from "./messages.ts";
import type { Patience } from "./patience.ts";

/** A build's output may have so many bytes, all its runs together; what comes then is counted, but for what matters. */
const MOST_BYTES = 16 * 1024 ** 2;
const PIECE_BYTES = 64 * 1024;
/**
 * What a reader sees at once, as each piece costs Redis three calls. The longer a build talks, the longer its pieces gather:
 * there are never many of them.
 */
const GATHER_MS = 150;
const MOST_GATHER_MS = 1_000;
/** Each run of a job has numbers of its own, after those of the run before. */
export const NUMBERS_PER_ATTEMPT = 1e9;

/** A run of a job, whose output is written. */
export interface OutputRun {
  readonly id: string;
  /** Which run it is, from 1. */
  readonly attempt: number;
  /** What the runs before have written; see {@link writtenBytes}. */
  readonly bytesBefore?: number;
  /** Has a queue that refuses a piece take it; without one a piece that is refused is lost. */
  readonly patience?: Pick<Patience, "ask">;
}

/**
 * Writes the output of one run of a job into its stream, in sealed pieces with consecutive numbers. While the queue cannot be
 * reached, or refuses to take more, the pieces wait; what was written and not confirmed is written again, which readers know by
 * the number.
 */
export class OutputWriter {
  readonly #queue: FleetQueue;
  readonly #jobId: string;
  readonly #attempt: number;
  readonly #ask: <Value>(question: () => Promise<Value>) => Promise<Value>;
  readonly #onTrouble: (message: string) => void;
  #gathered: OutputEntry[] = [];
  #gatheredBytes = 0;
  #bytes: number;
  #leftOut = 0;
  #number = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(queue: FleetQueue, run: OutputRun, onTrouble: (message: string) => void) {
    const { id, attempt, bytesBefore = 0, patience } = run;
    this.#queue = queue;
    this.#jobId = id;
    this.#attempt = attempt;
    this.#bytes = bytesBefore;
    this.#ask = (question) => (patience === undefined ? question() : patience.ask(question));
    this.#onTrouble = onTrouble;
  }

  write(entry: OutputEntry): void {
    const size = Buffer.byteLength(JSON.stringify(entry));
    if (this.#bytes + size > MOST_BYTES && entry.type === "event" && isChatter(entry)) {
      this.#leftOut++;
      return;
    }
    this.#bytes += size;
    this.#gathered.push(entry);
    this.#gatheredBytes += size;
    if (this.#gatheredBytes > PIECE_BYTES) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), Math.min(GATHER_MS + this.#number, MOST_GATHER_MS));
  }

  /** Writes the last entry, and comes back when all of it is in the queue. */
  async end(entry: OutputEntry): Promise<void> {
    if (this.#leftOut > 0) this.#gathered.push({ type: "left-out", lines: this.#leftOut });
    this.#gathered.push(entry);
    this.#flush();
    await this.#writing;
    await this.#ask(() => this.#queue.redis.expire(this.#queue.keyOf("output", this.#jobId), KEPT_SECONDS));
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#gathered.length === 0) return;
    const isFirst = this.#number === 0;
    const number = this.#attempt * NUMBERS_PER_ATTEMPT + this.#number++;
    const sealed = this.#queue.seal(JSON.stringify(this.#gathered), "output", this.#jobId, number);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    const { redis } = this.#queue;
    const key = this.#queue.keyOf("output", this.#jobId);
    const fields = ["number", number, "sealed", sealed, "bytes", this.#bytes];
    // Sent together: one round trip.
    const send = () =>
      Promise.all([
        redis.xadd(key, "*", ...fields),
        redis.publish(key, ""),
        // Its end may never come.
        ...(isFirst ? [redis.expire(key, KEPT_SECONDS)] : []),
      ]);
    this.#writing = this.#writing.then(async () => {
      try {
        await this.#ask(send);
      } catch (error) {
        this.#onTrouble(`A piece of output could not be written: ${messageOf(error)}`);
      }
    });
  }
}

/**
 * How many bytes the runs of a job have written, before they were compressed, as the last piece says. Whoever owns the queue can
 * change that, as he can remove the pieces.
 */
export async function writtenBytes(queue: FleetQueue, jobId: string): Promise<number> {
  const [piece] = await queue.redis.xrevrange(queue.keyOf("output", jobId), "+", "-", "COUNT", 1);
  const [, , , , , text] = piece?.[1] ?? [];
  const bytes = Number(text);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : 0;
}

/** What a person may miss and a program need not have. */
function isChatter({ event }: Extract<OutputEntry, { type: "event" }>): boolean {
  return event.type === "line" ? event.kind === "message" : event.type === "progress" || event.type === "api-call";
}
