import { artifactIdOf } from "../../builder/artifact.ts";
import { FleetError } from "../../common/errors.ts";
import { countAttempts } from "../queue/attempts.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import type { SentResult } from "../queue/messages.ts";
import { RefusalError } from "../queue/refusal-error.ts";
import type { Priority } from "../queue/turns.ts";
import { listWithdrawn, readJobData } from "../queue/withdrawn-jobs.ts";
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
  /** How many attempts at it have begun, and how many there may be. */
  readonly attempts: number;
  readonly mostAttempts: number;
  /** Which worker has or had it. */
  readonly worker: string | null;
  readonly endedAt: number | null;
  readonly artifactId: string | null;
  /** The code of its failure. */
  readonly error: string | null;
}

/** What is shown of a job, which may be a hundred times as large. */
type JobHead = Pick<WatchedBuild, "build" | "submitter" | "submittedAt" | "group" | "priority" | "mostAttempts">;
type End = Pick<WatchedBuild, "state" | "attempts" | "worker" | "endedAt" | "artifactId" | "error">;

/** In each state. */
export const MOST_LISTED = 200;
const STATES = ["active", "waiting", "prioritized", "delayed", "completed", "failed"] as const;
type State = (typeof STATES)[number] | "withdrawn";

/** The builds that run, wait or have ended lately, and how many of these are not listed, as there are so many. */
export interface ListedBuilds {
  readonly builds: readonly WatchedBuild[];
  readonly more: { readonly running: number; readonly waiting: number; readonly ended: number };
}

/** The builds of one queue. What cannot change any more is read once: whoever watches looks again and again. */
export class BuildList {
  readonly #queue: FleetQueue;
  #heads = new Map<string, JobHead>();
  #ends = new Map<string, End>();

  constructor(queue: FleetQueue) {
    this.#queue = queue;
  }

  async read(): Promise<ListedBuilds> {
    const [workers, counts, schedules] = await Promise.all([
      this.#queue.readWorkers(Date.now()),
      this.#queue.jobs.getJobCounts(...STATES),
      this.#queue.jobs.getJobSchedulersCount(),
    ]);
    const heard = new Set(workers.map(({ id }) => id));
    const more = new Map<State, number>();
    const [heads, ends] = [new Map<string, JobHead>(), new Map<string, End>()];
    const found: WatchedBuild[] = [];
    const note = async (id: string, state: State) => {
      if (heads.has(id)) return;
      const head = this.#heads.get(id) ?? (await this.#readHead(id));
      if (head === undefined) return;
      const end = this.#ends.get(id) ?? (await this.#readEnd(id));
      if (end === undefined && state === "withdrawn") return;
      heads.set(id, head);
      if (end !== undefined) ends.set(id, end);
      const standing = end ?? (await this.#stateOf(id, state, heard));
      found.push({ id, queue: this.#queue.name, ...head, ...standing });
    };
    // Those of a state at once: whoever looks waits for some round trips, however many builds there are.
    const noteAll = async (ids: readonly string[], state: State, count: number) => {
      await Promise.all(ids.slice(0, MOST_LISTED).map((id) => note(id, state)));
      more.set(state, Math.max(0, count - MOST_LISTED));
    };
    for (const state of STATES) {
      const ids = await this.#queue.jobs.getRanges([state], 0, MOST_LISTED - 1);
      // The engine has each schedule's next time as a job that is delayed: it is no build.
      const others = state === "delayed" ? schedules - ids.filter((id) => id.startsWith("repeat:")).length : 0;
      await noteAll(ids, state, (counts[state] ?? 0) - Math.max(0, others));
    }
    const withdrawn = await listWithdrawn(this.#queue);
    await noteAll(withdrawn, "withdrawn", withdrawn.length);
    [this.#heads, this.#ends] = [heads, ends];
    const sum = (...states: readonly State[]) => states.reduce((all, state) => all + (more.get(state) ?? 0), 0);
    return {
      builds: found,
      more: {
        running: sum("active"),
        waiting: sum("waiting", "prioritized", "delayed"),
        ended: sum("completed", "failed", "withdrawn"),
      },
    };
  }

  /** @returns undefined for a job that was sealed by somebody else: it is none of ours */
  async #readHead(id: string): Promise<JobHead | undefined> {
    return unlessForeign(async () => {
      const data = await readJobData(this.#queue, id);
      if (data === undefined) return undefined;
      const { build, submitter, submittedAt, standing, settings } = this.#queue.readJob(id, data).job;
      return { build, submitter, submittedAt, ...standing, mostAttempts: settings.retries.most + 1 };
    });
  }

  async #readEnd(id: string): Promise<End | undefined> {
    const result = await unlessForeign(() => this.#queue.readResult(id));
    return result && endOf(result, await countAttempts(this.#queue, id));
  }

  async #stateOf(id: string, state: string, heard: ReadonlySet<string>): Promise<End> {
    const worker = (await Claim.holderOf(this.#queue, id))?.worker ?? null;
    const running = worker === null || heard.has(worker) ? "running" : "silent";
    const isOver = state === "completed" || state === "failed";
    const shown = state === "active" ? running : isOver ? "refused" : "waiting";
    const attempts = await countAttempts(this.#queue, id);
    return { state: shown, attempts, worker, endedAt: null, artifactId: null, error: null };
  }
}

function endOf({ outcome, worker, endedAt, artifact, error }: SentResult, attempts: number): End {
  return {
    ...{ state: outcome, attempts, worker: worker || null, endedAt },
    artifactId: artifact ? artifactIdOf(artifact.region, artifact.product) : null,
    error: error?.code ?? null,
  };
}

async function unlessForeign<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FleetError && !(error instanceof RefusalError)) return undefined;
    throw error;
  }
}
