import type { Redis } from "ioredis";
import { CancelledError, messageOf } from "../../common/errors.ts";
import type { Control, FleetQueue } from "../queue/fleet-queue.ts";

const WAIT_MS = 5_000;
const PAUSE_MS = 1_000;

/** What submitters wish of a queue's jobs and workers, read as it comes. */
export class Controls {
  readonly #queue: FleetQueue;
  readonly #onRefused: (error: unknown) => void;
  #place = "$";

  constructor(queue: FleetQueue, onRefused: (error: unknown) => void) {
    this.#queue = queue;
    this.#onRefused = onRefused;
  }

  /** Those for one job that are there already: it may have been cancelled while it waited. */
  async of(jobId: string): Promise<readonly Control[]> {
    const entries = await this.#queue.redis.xrange(this.#queue.keyOf("control"), "-", "+");
    const own = entries.filter(([, [, subject]]) => subject === jobId);
    return this.#queue.readControls(own, this.#onRefused);
  }

  /** Tells of each until the signal fires. @param blocking A connection of its own */
  async listen(blocking: Redis, onControl: (control: Control) => void, signal: AbortSignal): Promise<void> {
    const key = this.#queue.keyOf("control");
    const [latest] = await this.#queue.redis.xrevrange(key, "+", "-", "COUNT", 1);
    this.#place = latest?.[0] ?? "0-0";
    while (!signal.aborted) {
      try {
        const answer = await blocking.xread("BLOCK", WAIT_MS, "STREAMS", key, this.#place);
        const entries = answer?.[0]?.[1] ?? [];
        this.#place = entries.at(-1)?.[0] ?? this.#place;
        for (const control of this.#queue.readControls(entries, this.#onRefused)) onControl(control);
      } catch (error) {
        if (signal.aborted || error instanceof CancelledError) return;
        this.#onRefused(new Error(`The wishes of submitters cannot be read: ${messageOf(error)}`));
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }
}
