import { z } from "zod";
import type { Clock } from "../../common/clock.ts";
import { messageOf } from "../../common/errors.ts";
import { type FleetQueue, KEPT_SECONDS } from "../queue/fleet-queue.ts";

/** How long a build that is about to publish waits for a queue that cannot be reached. */
const PATIENCE_MS = 15 * 60_000;

const holderSchema = z.strictObject({ worker: z.string(), vmId: z.string().nullable() });

/** Who holds a job. */
export interface Holder {
  readonly worker: string;
  /** Null where nobody can prove that it is gone. */
  readonly vmId: string | null;
  /** The claim as it is in the queue. */
  readonly sealed: string;
}

/** Who takes a job. */
export interface Taker extends Pick<Holder, "worker" | "vmId"> {
  /** By which the engine knows that it has given the job to us. */
  readonly token?: string;
}

/** Takes a job that nobody holds, and counts its runs. Asked once more, as its answer was lost, it only answers the same. */
const TAKE = `
local held = redis.call("get", KEYS[1])
if held and held ~= ARGV[1] then return nil end
if not held then
  redis.call("incr", KEYS[2])
  redis.call("expire", KEYS[2], ARGV[2])
  redis.call("set", KEYS[1], ARGV[1])
end
return tonumber(redis.call("get", KEYS[2]) or "1")`;

/**
 * Whether the claim is there. One that was lost is put back while the engine knows that it has given the job to us, and to nobody
 * since.
 */
const HELD = `
local held = redis.call("get", KEYS[1])
if held then return held == ARGV[1] and 1 or 0 end
if ARGV[2] == "" or redis.call("get", KEYS[2]) ~= ARGV[2] then return 0 end
redis.call("set", KEYS[1], ARGV[1])
return 1`;

/** Puts back the claim and the engine's hold, unless somebody else has the job. */
const KEEP = `
local held = redis.call("get", KEYS[1])
if held and held ~= ARGV[1] then return end
redis.call("set", KEYS[1], ARGV[1])
redis.call("set", KEYS[2], ARGV[2], "PX", ARGV[3])`;

/** Takes a claim away if it is still the one that is meant. */
const TAKE_AWAY = 'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) else return 0 end';

/** As long as the claim is the one that is meant. */
const HOLD = 'if redis.call("get", KEYS[1]) == ARGV[1] then redis.call("set", KEYS[2], ARGV[2], "PX", ARGV[3]) end';

/**
 * A worker's hold on a job. It has no deadline: it is given up by its worker, or taken away when that worker is proven to have
 * cleaned up. Nobody takes a job that is held.
 */
export class Claim {
  /** Which run of the job it is, from 1. */
  readonly attempt: number;
  readonly #queue: FleetQueue;
  readonly #jobId: string;
  readonly #sealed: string;
  readonly #token: string;
  #isReleased = false;

  private constructor(
    queue: FleetQueue,
    jobId: string,
    own: { readonly sealed: string; readonly token: string; readonly attempt: number },
  ) {
    this.#queue = queue;
    this.#jobId = jobId;
    this.#sealed = own.sealed;
    this.#token = own.token;
    this.attempt = own.attempt;
  }

  /** @returns undefined when somebody holds the job */
  static async take(queue: FleetQueue, jobId: string, { worker, vmId, token = "" }: Taker): Promise<Claim | undefined> {
    // No other seal is the same, so an answer that was lost does not make it somebody else's.
    const sealed = queue.seal(JSON.stringify({ worker, vmId }), "claim", jobId);
    const keys = [queue.keyOf("claim", jobId), queue.keyOf("runs", jobId)];
    const attempt = await queue.redis.eval(TAKE, keys.length, ...keys, sealed, KEPT_SECONDS);
    return attempt === null ? undefined : new Claim(queue, jobId, { sealed, token, attempt: Number(attempt) });
  }

  /** Who holds a job; null when nobody does, undefined when nobody knows who. */
  static async holderOf(queue: FleetQueue, jobId: string): Promise<Holder | null | undefined> {
    const sealed = await queue.redis.get(queue.keyOf("claim", jobId));
    if (sealed === null) return null;
    try {
      return { ...holderSchema.parse(queue.openJson(sealed, "claim", jobId).value), sealed };
    } catch {
      return undefined;
    }
  }

  /** Ends the hold of a worker that is proven dead. @returns false when it was ended before */
  static async takeAway(queue: FleetQueue, jobId: string, { sealed }: Holder): Promise<boolean> {
    return (await queue.redis.eval(TAKE_AWAY, 1, queue.keyOf("claim", jobId), sealed)) === 1;
  }

  /** @returns why the job is not ours any more, or cannot be known to be; undefined when it is */
  async problem(clock: Clock): Promise<string | undefined> {
    const deadline = new AbortController();
    const late = clock
      .sleep(PATIENCE_MS, deadline.signal)
      .then(() => "the queue cannot be reached, so it is unknown whether the job is still this worker's")
      .catch(() => undefined);
    const asked = this.#isHeld().then(
      (isHeld) => (isHeld ? undefined : "the job is not this worker's any more"),
      (error: unknown) => `the queue cannot be asked: ${messageOf(error)}`,
    );
    const problem = await Promise.race([asked, late]);
    deadline.abort();
    return problem;
  }

  /** Whether the job is somebody else's by now, or about to be: then it is not for us to say what became of it. */
  async isLost(): Promise<boolean> {
    const queue = this.#queue;
    if (await this.#isHeld()) return false;
    // A queue that was lost knows neither the job nor its end: whoever waits is told by us, or by nobody.
    if ((await queue.readResult(this.#jobId)) !== undefined) return true;
    return (await queue.jobs.getJobState(this.#jobId)) !== "unknown";
  }

  /**
   * Takes the engine's hold on the job again, which runs out while nobody can renew it: without one the engine would not be
   * told what becomes of the job. Does nothing when the job is not ours any more.
   */
  async holdInEngine(forMs: number): Promise<void> {
    await this.#queue.redis.eval(HOLD, this.#keys.length, ...this.#keys, this.#sealed, this.#token, forMs);
  }

  /**
   * The engine has given us the job once more, while we are at it: it knows an earlier time, in which nobody had it. It is ours
   * as before, unless somebody else has it by now.
   */
  async keep(forMs: number): Promise<void> {
    if (this.#isReleased) return;
    await this.#queue.redis.eval(KEEP, this.#keys.length, ...this.#keys, this.#sealed, this.#token, forMs);
  }

  async release(): Promise<void> {
    this.#isReleased = true;
    await this.#queue.redis.eval(TAKE_AWAY, 1, this.#queue.keyOf("claim", this.#jobId), this.#sealed);
  }

  async #isHeld(): Promise<boolean> {
    return (await this.#queue.redis.eval(HELD, this.#keys.length, ...this.#keys, this.#sealed, this.#token)) === 1;
  }

  get #keys(): readonly string[] {
    return [this.#queue.keyOf("claim", this.#jobId), this.#queue.lockOf(this.#jobId)];
  }
}
