import { z } from "zod";
import { FleetError } from "../../common/errors.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { jobSchema } from "../queue/messages.ts";

/** A template to bake again and again, as its submitter has sealed it. */
export const scheduleSchema = z.strictObject({
  name: z.string(),
  /** Counts up when one of this name takes the place of another: an earlier one is not obeyed any more. */
  generation: z.number(),
  cron: z.string(),
  zone: z.string(),
  /** Milliseconds since the epoch: it is not obeyed for ever, as who owns the queue can bring back one that was removed. */
  from: z.number(),
  until: z.number(),
  submitter: z.string(),
  /** One per build. */
  jobs: z.array(jobSchema.omit({ id: true, submittedAt: true })).min(1),
});
export type Schedule = z.output<typeof scheduleSchema>;

const runSchema = z.strictObject({
  /** The time that it was for. */
  due: z.number(),
  builds: z.array(z.strictObject({ build: z.string(), id: z.string() })),
});
/** What became of a schedule when it was due: the builds that were submitted. */
export type ScheduleRun = z.output<typeof runSchema>;

/** What messages about a schedule are about. */
export function scheduleSubject(name: string): string {
  return `schedule.${name}`;
}

/** The name of the schedule that a message is about. */
export function scheduleOf(subject: string): string {
  return subject.slice(scheduleSubject("").length);
}

/** @returns undefined when there is none. @throws {FleetError} when somebody else has made it */
export async function readSchedule(queue: FleetQueue, name: string): Promise<Schedule | undefined> {
  const sealed = await queue.redis.hget(queue.keyOf("schedules"), name);
  return sealed === null ? undefined : openSchedule(queue, name, sealed);
}

/** Those of our key; others are nothing to us. */
export async function readSchedules(queue: FleetQueue): Promise<readonly Schedule[]> {
  const all = await queue.redis.hgetall(queue.keyOf("schedules"));
  return Object.entries(all).flatMap(([name, sealed]) => {
    try {
      return [openSchedule(queue, name, sealed)];
    } catch (error) {
      if (error instanceof FleetError) return [];
      throw error;
    }
  });
}

function openSchedule(queue: FleetQueue, name: string, sealed: string): Schedule {
  const { value } = queue.openJson(sealed, "schedule", scheduleSubject(name));
  const parsed = scheduleSchema.safeParse(value);
  if (parsed.success && parsed.data.name === name) return parsed.data;
  throw new FleetError(`The schedule ${name} cannot be read: it is of another version of outscale-chroot`, {
    hint: "add it again",
  });
}

export async function keepRun(queue: FleetQueue, name: string, run: ScheduleRun): Promise<void> {
  const sealed = queue.seal(JSON.stringify(run), "record", scheduleSubject(name));
  await queue.redis.hset(queue.keyOf("schedule-runs"), name, sealed);
}

/** When it was last due; undefined when it never was, or nobody knows. */
export async function readRun(queue: FleetQueue, name: string): Promise<ScheduleRun | undefined> {
  const sealed = await queue.redis.hget(queue.keyOf("schedule-runs"), name);
  if (sealed === null) return undefined;
  try {
    return runSchema.parse(queue.openJson(sealed, "record", scheduleSubject(name)).value);
  } catch {
    return undefined;
  }
}
