import type { Clock } from "../../common/clock.ts";
import { messageOf } from "../../common/errors.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";

/** How long a build that is about to publish waits for a queue that cannot be reached. */
const PATIENCE_MS = 15 * 60_000;

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

  private constructor(queue: FleetQueue, jobId: string, sealed: string, attempt: number) {
    this.#queue = queue;
    this.#jobId = jobId;
    this.#sealed = sealed;
    this.attempt = attempt;
  }

  /** @returns undefined when somebody holds the job */
  static async take(queue: FleetQueue, jobId: string, workerId: string): Promise<Claim | undefined> {
    const sealed = queue.seal(JSON.stringify({ worker: workerId }), "claim", jobId);
    const isTaken = await queue.redis.set(queue.keyOf("claim", jobId), sealed, "NX");
    if (isTaken === null) return undefined;
    return new Claim(queue, jobId, sealed, await queue.countRun(jobId));
  }

  /** The worker that holds a job; undefined when nobody does, or nobody knows who. */
  static async holderOf(queue: FleetQueue, jobId: string): Promise<string | undefined> {
    const sealed = await queue.redis.get(queue.keyOf("claim", jobId));
    if (sealed === null) return undefined;
    try {
      const { value } = queue.openJson(sealed, "claim", jobId);
      return typeof value === "object" && value !== null && "worker" in value ? String(value.worker) : undefined;
    } catch {
      return undefined;
    }
  }

  /** @returns why the job is not ours any more, or cannot be known to be; undefined when it is */
  async problem(clock: Clock): Promise<string | undefined> {
    const deadline = new AbortController();
    const late = clock
      .sleep(PATIENCE_MS, deadline.signal)
      .then(() => "the queue cannot be reached, so nobody knows whether the job is still this worker's")
      .catch(() => undefined);
    const asked = this.#queue.redis.get(this.#queue.keyOf("claim", this.#jobId)).then(
      (held) => (held === this.#sealed ? undefined : "the job is not this worker's any more"),
      (error: unknown) => `the queue cannot be asked: ${messageOf(error)}`,
    );
    const problem = await Promise.race([asked, late]);
    deadline.abort();
    return problem;
  }

  async release(): Promise<void> {
    if ((await this.problemNow()) === undefined) await this.#queue.redis.del(this.#queue.keyOf("claim", this.#jobId));
  }

  private async problemNow(): Promise<string | undefined> {
    const held = await this.#queue.redis.get(this.#queue.keyOf("claim", this.#jobId));
    return held === this.#sealed ? undefined : "lost";
  }
}
