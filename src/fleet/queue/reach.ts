import { EventEmitter, once } from "node:events";
import type { Redis } from "ioredis";
import { FleetError } from "../../common/errors.ts";
import { ANSWERED } from "./queue-redis.ts";
import { RefusalError } from "./refusal-error.ts";

interface Loss {
  readonly since: number;
  readonly wasAsked: boolean;
}

/** The queue is lost, or says nothing. It passes: the connection comes back by itself. */
export class UnreachableError extends FleetError {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Whether the queue was asked before it was lost: what it was asked may have been done, or may still be. */
  readonly wasAsked: boolean;

  constructor(message: string, { since, wasAsked, hint }: Loss & { readonly hint?: string }) {
    super(message, { hint });
    this.since = since;
    this.wasAsked = wasAsked;
  }
}

/** A Redis that is there answers within milliseconds; whoever asks for much is answered again and again. */
const SILENCE_MS = 10_000;

/**
 * Whether the queue answers, and since when it does not. What is asked over a lost connection would wait until it is there
 * again, and be done then, although nobody waits for it any more.
 */
export class Reach {
  readonly #silenceMs: number;
  readonly #losses = new EventEmitter().setMaxListeners(0);
  /** When each of those who wait would have heard nothing for too long. */
  readonly #silences = new Set<NodeJS.Timeout>();
  #lostAt: number | undefined;
  #silentSince: number | undefined;

  /** @param redis A connection that was made */
  constructor(redis: Pick<Redis, "on">, silenceMs = SILENCE_MS) {
    this.#silenceMs = silenceMs;
    redis.on("close", () => {
      this.#lostAt ??= Date.now();
      this.#losses.emit("loss");
    });
    redis.on("ready", () => {
      this.#lostAt = undefined;
    });
    redis.on(ANSWERED, () => {
      for (const silence of this.#silences) silence.refresh();
    });
  }

  /** Whether it is known to be lost just now. */
  get isLost(): boolean {
    return this.#lostAt !== undefined;
  }

  /**
   * Asks the queue something.
   * @throws {UnreachableError} when it is lost, is lost meanwhile, says nothing, or answers that it cannot
   */
  async ask<Value>(read: () => Promise<Value>): Promise<Value> {
    if (this.#lostAt !== undefined) throw lost(this.#lostAt, false);
    const askedAt = Date.now();
    let silence: NodeJS.Timeout | undefined;
    const silent = new Promise<never>((_, reject) => {
      silence = setTimeout(() => {
        this.#silentSince ??= askedAt;
        reject(lost(this.#silentSince, true));
      }, this.#silenceMs);
      this.#silences.add(silence);
    });
    try {
      const value = await Promise.race([this.whileThere(read()), silent]);
      this.#silentSince = undefined;
      return value;
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      const message = `The queue answers that it cannot: ${error.reason}`;
      throw new UnreachableError(message, { since: askedAt, wasAsked: true });
    } finally {
      clearTimeout(silence);
      if (silence !== undefined) this.#silences.delete(silence);
    }
  }

  /**
   * Waits for an answer as long as the queue is there: that may take its time, as when something else is done meanwhile.
   * @throws {UnreachableError} when it is lost
   */
  async whileThere<Value>(answer: Promise<Value>): Promise<Value> {
    // Nobody waits for what comes after the loss.
    answer.catch(() => undefined);
    const askedAt = Date.now();
    const over = new AbortController();
    const isOver = this.isLost ? Promise.resolve() : once(this.#losses, "loss", { signal: over.signal });
    const loss = isOver.then((): never => {
      throw lost(this.#lostAt ?? askedAt, true);
    });
    loss.catch(() => undefined);
    try {
      return await Promise.race([answer, loss]);
    } finally {
      over.abort();
    }
  }
}

function lost(since: number, wasAsked: boolean): UnreachableError {
  return new UnreachableError("The queue cannot be reached", { since, wasAsked });
}
