import { UsageError } from "../../common/errors.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { MissingError } from "../queue/missing-error.ts";
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
  const before = await readSchedule(queue, name).catch(() => undefined);
  if (before !== undefined && !mayReplace)
    throw new UsageError(`There is a schedule ${name} already`, { hint: "give this one another -name, or that one" });
  // Before the other goes: what cannot be sent takes the place of nothing.
  await send();
  const generation = Math.max(Date.now(), (before?.generation ?? 0) + 1);
  if (before !== undefined) await forget(queue, before);
  await queue.enlist();
  const schedule = { ...wanted, generation };
  const sealed = queue.seal(JSON.stringify(schedule), "schedule", scheduleSubject(name));
  await queue.redis.hset(queue.keyOf("schedules"), name, sealed);
  await keepFiles(queue, schedule, Date.now());
  if (before !== undefined) await releaseFiles(queue, before, Date.now());
  const repeat = { pattern: cron.text, tz: cron.zone, endDate: until };
  // None stays: its id, which has the time in it, would be in the way of a schedule that comes after.
  const opts = { removeOnComplete: true, removeOnFail: true };
  await queue.jobs.upsertJobScheduler(name, repeat, { name: SCHEDULE_JOB, opts });
  return { isReplaced: before !== undefined };
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
