import { FleetError, UsageError } from "../../common/errors.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { MissingError } from "../queue/missing-error.ts";
import { RefusalError } from "../queue/refusal-error.ts";
import type { Cron } from "./cron.ts";
import { readSchedule, type Schedule, scheduleSubject } from "./schedule.ts";
import { keepFiles, releaseFiles } from "./schedule-files.ts";

/** A schedule that is to be, without what only the queue knows. */
export type NewSchedule = Omit<Schedule, "generation">;

/** The name of the jobs by which the engine says that a schedule may be due: a worker looks whether that is so. */
export const SCHEDULE_JOB = "schedule";

/**
 * Puts a schedule in the queue. One of this name is replaced: workers are told to forget it first.
 * @param mayReplace Whether a schedule of this name may be there
 */
export async function addSchedule(
  queue: FleetQueue,
  wanted: NewSchedule,
  { cron, send, mayReplace }: ScheduleParts,
): Promise<{ readonly isReplaced: boolean }> {
  const { name, until } = wanted;
  const isThere = await queue.redis.hexists(queue.keyOf("schedules"), name);
  if (isThere && !mayReplace) throw taken(name);
  const before = await readSchedule(queue, name).catch(unlessUnreadable);
  // Before the other goes: what cannot be sent takes the place of nothing.
  await send();
  const generation = Math.max(Date.now(), (before?.generation ?? 0) + 1);
  if (before !== undefined) await forget(queue, before);
  await queue.enlist();
  const schedule = { ...wanted, generation };
  const sealed = queue.seal(JSON.stringify(schedule), "schedule", scheduleSubject(name));
  await put(queue, name, { sealed, mayReplace });
  await keepFiles(queue, schedule, Date.now());
  if (before !== undefined) await releaseFiles(queue, before, Date.now());
  const repeat = { pattern: cron.text, tz: cron.zone, endDate: until };
  // None stays: its id, which has the time in it, would be in the way of a schedule that comes after.
  const opts = { removeOnComplete: true, removeOnFail: true };
  await queue.jobs.upsertJobScheduler(name, repeat, { name: SCHEDULE_JOB, opts });
  return { isReplaced: isThere === 1 };
}

/** @throws {UsageError} when somebody has added one of this name meanwhile, that may not be replaced */
async function put(queue: FleetQueue, name: string, { sealed, mayReplace }: PutInput): Promise<void> {
  const key = queue.keyOf("schedules");
  if (mayReplace) await queue.redis.hset(key, name, sealed);
  // It is this one, too, when the answer was lost and it was added twice.
  else if ((await queue.redis.hsetnx(key, name, sealed)) === 0 && (await queue.redis.hget(key, name)) !== sealed)
    throw taken(name);
}

interface PutInput {
  readonly sealed: string;
  readonly mayReplace: boolean;
}

function taken(name: string): UsageError {
  return new UsageError(`There is a schedule ${name} already`, { hint: "give this one another -name, or that one" });
}

/** One of another key, or of another version: who replaces it knows nothing of it. */
function unlessUnreadable(error: unknown): undefined {
  if (!(error instanceof FleetError) || error instanceof RefusalError) throw error;
}

interface ScheduleParts {
  readonly cron: Cron;
  /** Has the files where workers find them, for a while: they are kept longer when the schedule is there. */
  readonly send: () => Promise<void>;
  readonly mayReplace: boolean;
}

/** @throws {MissingError} when there is none */
export async function removeSchedule(queue: FleetQueue, name: string): Promise<void> {
  const schedule = await readSchedule(queue, name);
  if (schedule === undefined) throw new MissingError(`There is no schedule ${name} in ${queue.name}`);
  await forget(queue, schedule);
  await queue.jobs.removeJobScheduler(name);
  await queue.redis.hdel(queue.keyOf("schedules"), name);
  await queue.redis.hdel(queue.keyOf("schedule-runs"), name);
  await releaseFiles(queue, schedule, Date.now());
}

/** Workers note it on their own disks, so that nobody else can bring the schedule back. */
function forget(queue: FleetQueue, { name, generation }: Schedule): Promise<void> {
  return queue.tell(scheduleSubject(name), { wish: "forget", generation });
}
