import type { Clock } from "../common/clock.ts";
import { CancelledError, throwIfCancelled } from "../common/errors.ts";
import { isNotFound } from "./errors.ts";

/** Reads the resources with these ids; one that does not exist is missing from what comes back. */
export type ReadMany<Resource> = (
  ids: readonly string[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, Resource>>;

/** One wait's wish to know its resource. */
class Reader<Resource> {
  readonly answer: Promise<Resource | undefined>;
  resolve: (resource: Resource | undefined) => void = () => undefined;
  reject: (error: unknown) => void = () => undefined;

  constructor(
    readonly id: string,
    /** The latest time at which it wants to know. */
    readonly dueAt: number,
  ) {
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/**
 * Reads resources of one kind for many waits at once.
 *
 * Each read says how long it can do without news. As soon as one is due, a single request answers all that are waiting,
 * the patient ones too: ten waits cost as many requests as the most eager of them.
 */
export class SharedPoller<Resource> {
  readonly #readMany: ReadMany<Resource>;
  readonly #clock: Clock;
  readonly #readers = new Set<Reader<Resource>>();
  #isRunning = false;
  #sleep: AbortController | undefined;
  #request: AbortController | undefined;
  /** Whom the request under way is for. */
  #served: readonly Reader<Resource>[] = [];

  constructor(readMany: ReadMany<Resource>, clock: Clock) {
    this.#readMany = readMany;
    this.#clock = clock;
  }

  /**
   * The resource, asked for at the latest `withinMs` from now; undefined when it does not exist.
   *
   * @throws {CancelledError} as soon as the signal fires
   * @throws what the request throws
   */
  async read(id: string, withinMs: number, signal?: AbortSignal): Promise<Resource | undefined> {
    throwIfCancelled(signal);
    const reader = new Reader<Resource>(id, this.#clock.now() + withinMs);
    const leave = () => this.#remove(reader, signal);
    signal?.addEventListener("abort", leave, { once: true });
    this.#add(reader);
    try {
      return await reader.answer;
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  #add(reader: Reader<Resource>): void {
    this.#readers.add(reader);
    this.#sleep?.abort();
    if (!this.#isRunning) void this.#run();
  }

  /** A cancelled reader leaves at once; a request or a sleep that was for nobody else ends. */
  #remove(reader: Reader<Resource>, signal: AbortSignal | undefined): void {
    this.#readers.delete(reader);
    this.#sleep?.abort();
    if (!this.#served.some((other) => this.#readers.has(other))) this.#request?.abort();
    try {
      throwIfCancelled(signal);
    } catch (error) {
      reader.reject(error);
    }
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#readers.size > 0) {
      if (await this.#sleepUntilDue()) await this.#answerAll();
    }
    this.#isRunning = false;
  }

  /** True when a reader is due, false when readers came or went meanwhile. */
  async #sleepUntilDue(): Promise<boolean> {
    const dueAt = Math.min(...[...this.#readers].map((reader) => reader.dueAt));
    this.#sleep = new AbortController();
    try {
      await this.#clock.sleep(Math.max(0, dueAt - this.#clock.now()), this.#sleep.signal);
      return this.#readers.size > 0;
    } catch (error) {
      if (error instanceof CancelledError) return false;
      throw error;
    } finally {
      this.#sleep = undefined;
    }
  }

  async #answerAll(): Promise<void> {
    this.#served = [...this.#readers];
    this.#request = new AbortController();
    const ids = [...new Set(this.#served.map(({ id }) => id))];
    try {
      const found = await this.#find(ids, this.#request.signal);
      for (const reader of this.#served) reader.resolve(found.get(reader.id));
    } catch (error) {
      for (const reader of this.#served) reader.reject(error);
    } finally {
      for (const reader of this.#served) this.#readers.delete(reader);
      this.#served = [];
      this.#request = undefined;
    }
  }

  /** An id that does not exist is usually left out of the answer; where it makes the request fail, each id is asked alone. */
  async #find(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Resource>> {
    try {
      return await this.#readMany(ids, signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if (ids.length === 1) return new Map();
      const found = await Promise.all(ids.map((id) => this.#find([id], signal)));
      return new Map(found.flatMap((part) => [...part]));
    }
  }
}
