import type { Redis } from "ioredis";
import { CancelledError, messageOf } from "../../common/errors.ts";
import { type Control, type FleetQueue, MOST_CONTROLS } from "../queue/fleet-queue.ts";

const WAIT_MS = 5_000;
const PAUSE_MS = 1_000;

/** What submitters wish of a queue's jobs and workers, read as it comes. */
export class Controls {
  readonly #queue: FleetQueue;
  readonly #onRefused: (error: unknown) => void;
  /** By subject. As many as the stream keeps. */
  readonly #known = new Map<string, readonly Control[]>();
  #place = "0-0";

  constructor(queue: FleetQueue, onRefused: (error: unknown) => void) {
    this.#queue = queue;
    this.#onRefused = onRefused;
  }

  /** Those for one job that have come already: it may have been cancelled while it waited. */
  of(jobId: string): readonly Control[] {
    return this.#known.get(jobId) ?? [];
  }

  /** Reads what is there: nothing is told of it. */
  async catchUp(): Promise<void> {
    this.#take(await this.#queue.redis.xrange(this.#queue.keyOf("control"), `(${this.#place}`, "+"));
  }

  /** Tells of each that is new until the signal fires. @param blocking A connection of its own */
  async listen(blocking: Redis, onControl: (control: Control) => void, signal: AbortSignal): Promise<void> {
    const key = this.#queue.keyOf("control");
    // A question that is to be asked again over a connection that is not there again gets no answer, and no error either.
    const over = new Promise<null>((resolve) => signal.addEventListener("abort", () => resolve(null), { once: true }));
    while (!signal.aborted) {
      try {
        const asked = blocking.xread("BLOCK", WAIT_MS, "STREAMS", key, this.#place);
        const answer = await Promise.race([asked, over]);
        for (const control of this.#take(answer?.[0]?.[1] ?? [])) onControl(control);
      } catch (error) {
        if (signal.aborted || error instanceof CancelledError) return;
        this.#onRefused(new Error(`The wishes of submitters cannot be read: ${messageOf(error)}`));
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  #take(entries: readonly [string, string[]][]): readonly Control[] {
    this.#place = entries.at(-1)?.[0] ?? this.#place;
    const controls = this.#queue.readControls(entries, this.#onRefused);
    for (const control of controls) {
      const { subject } = control;
      this.#known.set(subject, [...this.of(subject), control]);
      const [oldest] = this.#known.keys();
      if (this.#known.size > MOST_CONTROLS && oldest !== undefined) this.#known.delete(oldest);
    }
    return controls;
  }
}
