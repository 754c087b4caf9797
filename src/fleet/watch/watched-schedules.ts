import { FleetError } from "../../common/errors.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { MissingError } from "../queue/missing-error.ts";
import { unlessNoJson } from "../queue/readable-job.ts";
import { removeSchedule } from "../schedule/change-schedules.ts";
import { readRun, readSchedules, type Schedule } from "../schedule/schedule.ts";

/** A schedule, as somebody sees it who watches. Times are milliseconds since the epoch. */
export interface WatchedSchedule {
  readonly name: string;
  readonly queue: string;
  readonly cron: string;
  readonly zone: string;
  readonly builds: readonly string[];
  readonly submitter: string;
  readonly until: number;
  /** When the engine wakes a worker for it: in the past when none was there; null when it never does again. */
  readonly next: number | null;
  readonly last: { readonly due: number; readonly builds: readonly WatchedRun[] } | null;
}

interface WatchedRun {
  readonly build: string;
  readonly id: string;
  /** `gone`: what became of it is forgotten. */
  readonly outcome: "done" | "failed" | "cancelled" | "submitted" | "gone";
  /** The code of its failure. */
  readonly error: string | null;
}

export async function watchSchedules(queues: readonly FleetQueue[]): Promise<readonly WatchedSchedule[]> {
  const all = await Promise.all(
    queues.map(async (queue) => {
      const schedules = await readSchedules(queue);
      return Promise.all(schedules.map((schedule) => describeSchedule(queue, schedule)));
    }),
  );
  return all.flat().sort((a, b) => (a.next ?? Number.MAX_VALUE) - (b.next ?? Number.MAX_VALUE));
}

async function describeSchedule(queue: FleetQueue, schedule: Schedule): Promise<WatchedSchedule> {
  const { name, cron, zone, submitter, until, jobs } = schedule;
  const engine = await unlessNoJson(() => queue.jobs.getJobScheduler(name));
  const run = await readRun(queue, name);
  const builds = await Promise.all((run?.builds ?? []).map(({ build, id }) => describeRun(queue, build, id)));
  return {
    ...{ name, queue: queue.name, cron, zone, submitter, until },
    builds: jobs.map(({ build }) => build),
    next: engine?.next ?? null,
    last: run === undefined ? null : { due: run.due, builds },
  };
}

async function describeRun(queue: FleetQueue, build: string, id: string): Promise<WatchedRun> {
  const result = await queue.readResult(id).catch(() => undefined);
  if (result !== undefined) return { build, id, outcome: result.outcome, error: result.error?.code ?? null };
  const isThere = (await queue.jobs.getJobState(id)) !== "unknown";
  return { build, id, outcome: isThere ? "submitted" : "gone", error: null };
}

/**
 * @param name `nightly`, or `123456789012.eu-west-2/nightly` where several queues have one of this name
 * @throws {MissingError} when there is none
 * @throws {FleetError} when there is not one alone
 */
export async function unschedule(queues: readonly FleetQueue[], name: string): Promise<void> {
  const all = await watchSchedules(queues);
  const named = all.filter((each) => each.name === name || `${each.queue}/${each.name}` === name);
  const [only, ...others] = named;
  if (only === undefined)
    throw new MissingError(`There is no schedule ${name}`, { hint: "outscale-chroot fleet schedule list lists them" });
  if (others.length > 0) {
    const names = named.map((each) => `${each.queue}/${each.name}`).join(" or ");
    throw new FleetError(`Several queues have a schedule ${name}`, { hint: `say which one: ${names}` });
  }
  const queue = queues.find((each) => each.name === only.queue);
  if (queue !== undefined) await removeSchedule(queue, only.name);
}
