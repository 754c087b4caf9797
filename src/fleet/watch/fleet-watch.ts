import { randomBytes } from "node:crypto";
import type { Job } from "bullmq";
import type { Redis } from "ioredis";
import { FleetError } from "../../common/errors.ts";
import { connect, type RedisAddress } from "../queue/connection.ts";
import { FleetQueue, type JobData } from "../queue/fleet-queue.ts";
import type { JobMessage, SentResult, WorkerMessage } from "../queue/messages.ts";
import { OutputWriter } from "../queue/output-writer.ts";
import type { Priority } from "../queue/turns.ts";
import type { FleetKeys } from "../seal/fleet-key.ts";
import { Sealer } from "../seal/seal.ts";
import { listQueues } from "../submit/find-place.ts";
import { Claim } from "../worker/claim.ts";

/** A build of a fleet, as somebody sees it who watches. Times are milliseconds since the epoch. */
export interface WatchedBuild {
  readonly id: string;
  readonly queue: string;
  readonly build: string;
  readonly submitter: string;
  readonly submittedAt: number;
  readonly group: string | null;
  readonly priority: Priority;
  /** `silent`: its worker has not been heard of lately, and it may run all the same. */
  readonly state: "waiting" | "running" | "silent" | "done" | "failed" | "cancelled" | "refused";
  /** Which worker has or had it. */
  readonly worker: string | null;
  readonly endedAt: number | null;
  readonly artifactId: string | null;
  /** The code of its failure. */
  readonly error: string | null;
}

/** What there is of one queue. */
export interface WatchedQueue {
  readonly queue: string;
  readonly workers: number;
  readonly slots: number;
  readonly running: number;
  readonly waiting: number;
}

/** A job that was found, and what it is about. */
export interface FoundJob {
  readonly queue: FleetQueue;
  readonly job: JobMessage;
}

const MOST_ENDED = 200;
const STATES = ["active", "waiting", "prioritized", "delayed", "completed", "failed"] as const;

/** Looks at every queue of a Redis with one key; what another key has sealed is not seen. */
export class FleetWatch implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #queues: readonly FleetQueue[];

  private constructor(redis: Redis, queues: readonly FleetQueue[]) {
    this.#redis = redis;
    this.#queues = queues;
  }

  /** @throws {FleetError} when the queue cannot be reached */
  static async open(address: RedisAddress, keys: FleetKeys): Promise<FleetWatch> {
    const redis = await connect(address);
    const sealer = new Sealer(keys, Date.now);
    const places = await listQueues(redis);
    return new FleetWatch(
      redis,
      places.map((place) => new FleetQueue(place, redis, sealer)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const queue of this.#queues) await queue[Symbol.asyncDispose]();
    this.#redis.disconnect();
  }

  /** The workers that have been heard of lately. */
  async workers(): Promise<readonly (WorkerMessage & { readonly queue: string })[]> {
    const all = await Promise.all(
      this.#queues.map(async (queue) => ({ queue, found: await queue.readWorkers(Date.now()) })),
    );
    return all.flatMap(({ queue, found }) => found.map((worker) => ({ ...worker, queue: queue.name })));
  }

  async queues(): Promise<readonly WatchedQueue[]> {
    const rows: WatchedQueue[] = [];
    for (const queue of this.#queues) {
      const workers = await queue.readWorkers(Date.now());
      const counts = await queue.jobs.getJobCounts("active", "waiting", "prioritized", "delayed");
      const { active = 0, waiting = 0, prioritized = 0, delayed = 0 } = counts;
      const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
      rows.push({
        queue: queue.name,
        workers: workers.length,
        slots,
        running: active,
        waiting: waiting + prioritized + delayed,
      });
    }
    return rows;
  }

  /** The builds that run, wait or have ended lately, newest first. */
  async builds(): Promise<readonly WatchedBuild[]> {
    const found: WatchedBuild[] = [];
    for (const queue of this.#queues) {
      const heard = new Set((await queue.readWorkers(Date.now())).map(({ id }) => id));
      for (const state of STATES) {
        for (const job of await queue.jobs.getJobs([state], 0, MOST_ENDED - 1)) {
          const build = await describeJob(queue, job, state, heard);
          if (build !== undefined) found.push(build);
        }
      }
    }
    return found.sort((a, b) => b.submittedAt - a.submittedAt);
  }

  /** @throws {FleetError} when no queue has it, or another key has sealed it */
  async find(id: string): Promise<FoundJob> {
    for (const queue of this.#queues) {
      const job = await queue.jobs.getJob(id);
      if (job !== undefined) return { queue, job: queue.readJob(id, job.data).job };
    }
    throw new FleetError(`There is no build ${id}`, {
      hint: "outscale-chroot fleet builds lists them; they are forgotten after a week",
    });
  }

  /** @returns whether no worker had it: otherwise its worker is told, and cleans up */
  async cancel(id: string): Promise<boolean> {
    const { queue } = await this.find(id);
    const ended = await queue.readResult(id);
    if (ended !== undefined) throw new FleetError(`Build ${id} has ended already: ${ended.outcome}`);
    await queue.tell(id, { wish: "cancel" });
    const job = await queue.jobs.getJob(id);
    const isTaken =
      job === undefined ||
      (await job.isActive()) ||
      !(await job.remove().then(
        () => true,
        () => false,
      ));
    if (isTaken) return false;
    const result = cancelledResult();
    await queue.keepResult(id, result);
    const output = new OutputWriter(queue, { id, attempt: await queue.countRun(id) }, () => undefined);
    await output.end({ type: "end", result });
    return true;
  }

  /** Submits a build that has ended once more, as it was. @returns its new id */
  async retry(id: string): Promise<string> {
    const { queue, job } = await this.find(id);
    const state = await (await queue.jobs.getJob(id))?.getState();
    if (state !== "completed" && state !== "failed") throw new FleetError(`Build ${id} has not ended`);
    const again = randomBytes(8).toString("hex");
    await queue.submit({ ...job, id: again, submittedAt: Date.now() });
    return again;
  }

  /** @throws {FleetError} when no such worker is there */
  async drain(workerId: string): Promise<void> {
    for (const queue of this.#queues) {
      if (!(await queue.readWorkers(Date.now())).some(({ id }) => id === workerId)) continue;
      return queue.tell(workerId, { wish: "drain" });
    }
    throw new FleetError(`There is no worker ${workerId}`, { hint: "outscale-chroot fleet workers lists them" });
  }
}

async function describeJob(
  queue: FleetQueue,
  bullJob: Job<JobData>,
  state: (typeof STATES)[number],
  heard: ReadonlySet<string>,
): Promise<WatchedBuild | undefined> {
  const id = bullJob?.id;
  if (id === undefined) return undefined;
  try {
    const { job } = queue.readJob(id, bullJob.data);
    const result = await queue.readResult(id);
    const worker = result?.worker ?? (await Claim.holderOf(queue, id)) ?? null;
    const { build, submitter, submittedAt, standing } = job;
    return {
      ...{ id, queue: queue.name, build, submitter, submittedAt, ...standing, worker },
      state: stateOf(state, result, worker === null || heard.has(worker)),
      endedAt: result?.endedAt ?? null,
      artifactId: result?.artifact ? `${result.artifact.region}:${result.artifact.product.imageId}` : null,
      error: result?.error?.code ?? null,
    };
  } catch (error) {
    // Sealed by somebody else: it is none of ours.
    if (error instanceof FleetError) return undefined;
    throw error;
  }
}

function stateOf(
  state: (typeof STATES)[number],
  result: SentResult | undefined,
  isHeard: boolean,
): WatchedBuild["state"] {
  if (result !== undefined) return result.outcome;
  if (state === "active") return isHeard ? "running" : "silent";
  return state === "completed" || state === "failed" ? "refused" : "waiting";
}

function cancelledResult(): SentResult {
  const error = {
    code: "E_CANCELLED",
    exitCode: 130,
    message: "The build was cancelled before a worker took it",
    cleanup: [],
  };
  return {
    ...{ outcome: "cancelled", runId: undefined, worker: "", endedAt: Date.now(), error },
    ...{ artifact: undefined, evidence: undefined, provenance: undefined, record: undefined },
  };
}
