import type { Redis } from "ioredis";
import { FleetError } from "../../common/errors.ts";
import { filesOf } from "../bundle/manifest.ts";
import { keepFiles } from "../objects/keep-files.ts";
import type { RedisAddress } from "../queue/address.ts";
import { newBuildId } from "../queue/build-id.ts";
import { connect } from "../queue/connection.ts";
import { FleetQueue, KEPT_SECONDS } from "../queue/fleet-queue.ts";
import { readLastOutput } from "../queue/last-output.ts";
import type { JobMessage, OutputEntry, WorkerMessage } from "../queue/messages.ts";
import { MissingError } from "../queue/missing-error.ts";
import { type Place, queueOf } from "../queue/place.ts";
import { Reach } from "../queue/reach.ts";
import { errorOfSent } from "../queue/sent-error.ts";
import { isWithdrawn, readJobData, withdrawJob } from "../queue/withdrawn-jobs.ts";
import { removeSchedule } from "../schedule/change-schedules.ts";
import type { FleetKeys } from "../seal/fleet-key.ts";
import { Sealer } from "../seal/seal.ts";
import { listQueues } from "../submit/find-place.ts";
import { BuildList, type ListedBuilds, type WatchedBuild } from "./build-list.ts";
import { unschedule, type WatchedSchedule, watchSchedules } from "./watched-schedules.ts";

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

interface KnownQueue {
  readonly queue: FleetQueue;
  readonly builds: BuildList;
}

/** Looks at every queue of a Redis with one key; what another key has sealed is not seen. */
export class FleetWatch implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #sealer: Sealer;
  readonly #known = new Map<string, KnownQueue>();
  /** For who cannot wait until a lost connection is there again. */
  readonly reach: Reach;

  private constructor(redis: Redis, sealer: Sealer) {
    this.#redis = redis;
    this.reach = new Reach(redis);
    this.#sealer = sealer;
  }

  /**
   * @param onTrouble Told when the connection is lost, and when it is there again
   * @throws {FleetError} when the queue cannot be reached
   */
  static async open(
    address: RedisAddress,
    keys: FleetKeys,
    onTrouble?: (message: string) => void,
  ): Promise<FleetWatch> {
    return new FleetWatch(await connect(address, onTrouble), new Sealer(keys, Date.now));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { queue } of this.#known.values()) await queue[Symbol.asyncDispose]();
    this.#redis.disconnect();
  }

  /** The workers that have been heard of lately. */
  async workers(): Promise<readonly (WorkerMessage & { readonly queue: string })[]> {
    const known = await this.#queues();
    const all = await Promise.all(
      known.map(async ({ queue }) => ({ queue, found: await queue.readWorkers(Date.now()) })),
    );
    return all.flatMap(({ queue, found }) => found.map((worker) => ({ ...worker, queue: queue.name })));
  }

  async queues(): Promise<readonly WatchedQueue[]> {
    return Promise.all((await this.#queues()).map(({ queue }) => describeQueue(queue)));
  }

  /** The builds that run, wait or have ended lately, newest first. */
  async builds(): Promise<ListedBuilds> {
    const all = await Promise.all((await this.#queues()).map(({ builds }) => builds.read()));
    const sum = (kind: keyof ListedBuilds["more"]) => all.reduce((count, { more }) => count + more[kind], 0);
    return {
      builds: all.flatMap(({ builds }) => builds).sort((a, b) => b.submittedAt - a.submittedAt),
      more: { running: sum("running"), waiting: sum("waiting"), ended: sum("ended") },
    };
  }

  /** What a build has said last, as far as it is in its newest pieces. */
  async lastOutput({ queue, id }: Pick<WatchedBuild, "queue" | "id">): Promise<readonly OutputEntry[]> {
    const known = this.#known.get(queue);
    return known === undefined ? [] : readLastOutput(known.queue, id);
  }

  /** What is to be done again and again, the next one first. */
  async schedules(): Promise<readonly WatchedSchedule[]> {
    return watchSchedules((await this.#queues()).map(({ queue }) => queue));
  }

  /**
   * @param name With the queue before it, `123456789012.eu-west-2/nightly`, where several have one of this name
   * @param queue The one that has it, if that is known
   * @throws {FleetError} when there is none, or not one alone
   */
  async unschedule(name: string, queue?: string): Promise<void> {
    const queues = (await this.#queues()).map((each) => each.queue);
    if (queue === undefined) return unschedule(queues, name);
    const only = queues.find((each) => each.name === queue);
    if (only === undefined) throw new MissingError(`There is no queue ${queue}`);
    await removeSchedule(only, name);
  }

  /**
   * @throws {MissingError} when no queue has it
   * @throws {SealError} when another key has sealed it
   * @throws {RemoteError} with what it has failed with, when that is all that is left of it
   */
  async find(id: string): Promise<FoundJob> {
    const queues = await this.#queues();
    for (const { queue } of queues) {
      const data = await readJobData(queue, id);
      if (data !== undefined) return { queue, job: queue.readJob(id, data).job };
    }
    // A result stays where the engine has lost the job.
    for (const { queue } of queues) {
      const result = await queue.readResult(id);
      if (result?.error !== undefined) throw errorOfSent(result.error);
      if (result !== undefined)
        throw new MissingError(`Build ${id} has ended, ${result.outcome}: the queue has no more of it`, {
          wasThere: true,
        });
    }
    throw new MissingError(`There is no build ${id}`, {
      hint: "outscale-chroot fleet builds lists them; they are forgotten after a week",
    });
  }

  /**
   * @returns whether no worker had it: otherwise its worker is told, and cleans up
   * @throws {FleetError} when it has ended
   */
  async cancel(id: string): Promise<boolean> {
    const { queue } = await this.find(id);
    const end = await endOf(queue, id);
    if (end !== undefined) throw new FleetError(`Build ${id} has ended already: ${end}`);
    await queue.tell(id, { wish: "cancel" });
    return withdrawJob(queue, id);
  }

  /**
   * Submits a build that has ended once more, as it was.
   * @param again The new id: whoever asks with the same one twice has one build. One that nobody else has by default
   * @returns the new id
   */
  async retry(id: string, again = newBuildId()): Promise<string> {
    const { queue, job } = await this.find(id);
    if ((await endOf(queue, id)) === undefined) throw new FleetError(`Build ${id} has not ended`);
    // The engine ignores one that it has, and does not know one that was taken back meanwhile.
    if ((await readJobData(queue, again)) !== undefined) return again;
    await this.#requireFiles(queue, job);
    await queue.submit({ ...job, id: again, submittedAt: Date.now() });
    return again;
  }

  /** It has to have its files as long as it may wait. @throws {FleetError} when they are gone */
  async #requireFiles(queue: FleetQueue, { id, manifest }: JobMessage): Promise<void> {
    const [missing] = await keepFiles(queue, filesOf(manifest), KEPT_SECONDS);
    if (missing === undefined) return;
    throw new FleetError(`Build ${id} cannot be submitted again: "${missing.path}" is not kept any more`, {
      hint: "submit its template: outscale-chroot build -queue URL TEMPLATE",
    });
  }

  /** @throws {MissingError} when no such worker is there */
  async drain(workerId: string): Promise<void> {
    for (const { queue } of await this.#queues()) {
      if (!(await queue.readWorkers(Date.now())).some(({ id }) => id === workerId)) continue;
      return queue.tell(workerId, { wish: "drain" });
    }
    throw new MissingError(`There is no worker ${workerId}`, { hint: "outscale-chroot fleet workers lists them" });
  }

  /** Every queue that is there now: one may be new. */
  async #queues(): Promise<readonly KnownQueue[]> {
    const places = await listQueues(this.#redis);
    return places.map((place) => {
      const name = queueOf(place);
      const known = this.#known.get(name) ?? this.#open(place);
      this.#known.set(name, known);
      return known;
    });
  }

  #open(place: Place): KnownQueue {
    const queue = new FleetQueue(place, this.#redis, this.#sealer);
    return { queue, builds: new BuildList(queue) };
  }
}

/** How a build has ended, as the list of builds calls it; undefined when it has not. */
async function endOf(queue: FleetQueue, id: string): Promise<WatchedBuild["state"] | undefined> {
  const [result, state, withdrawn] = await Promise.all([
    queue.readResult(id),
    queue.jobs.getJobState(id),
    isWithdrawn(queue, id),
  ]);
  if (result !== undefined) return result.outcome;
  // A Redis that was full may know of its end only that.
  if (withdrawn) return "cancelled";
  return state === "failed" || state === "completed" ? "refused" : undefined;
}

async function describeQueue(queue: FleetQueue): Promise<WatchedQueue> {
  const [workers, counts, schedules] = await Promise.all([
    queue.readWorkers(Date.now()),
    queue.jobs.getJobCounts("active", "waiting", "prioritized", "delayed"),
    queue.jobs.getJobSchedulersCount(),
  ]);
  const { active = 0, waiting = 0, prioritized = 0, delayed = 0 } = counts;
  return {
    queue: queue.name,
    workers: workers.length,
    slots: workers.reduce((sum, worker) => sum + worker.slots, 0),
    running: active,
    // The engine has each schedule's next time as a job that is delayed: it is no build.
    waiting: waiting + prioritized + Math.max(0, delayed - schedules),
  };
}
