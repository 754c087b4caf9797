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

/** The builds of one queue. What cannot change any more is read once: whoever watches looks again and again. */
export class BuildList {
  readonly #queue: FleetQueue;
  #heads = new Map<string, JobHead>();
  #ends = new Map<string, End>();

  constructor(queue: FleetQueue) {
    this.#queue = queue;
  }

  /** The builds that run, wait or have ended lately. */
  async read(): Promise<readonly WatchedBuild[]> {
    const heard = new Set((await this.#queue.readWorkers(Date.now())).map(({ id }) => id));
    const [heads, ends] = [new Map<string, JobHead>(), new Map<string, End>()];
    const found: WatchedBuild[] = [];
    const note = async (id: string, state: (typeof STATES)[number] | "withdrawn") => {
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
    const noteAll = (ids: readonly string[], state: Parameters<typeof note>[1]) =>
      Promise.all(ids.map((id) => note(id, state)));
    for (const state of STATES) await noteAll(await this.#queue.jobs.getRanges([state], 0, MOST_LISTED - 1), state);
    await noteAll(await listWithdrawn(this.#queue, MOST_LISTED), "withdrawn");
    [this.#heads, this.#ends] = [heads, ends];
    return found;
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
