import { randomUUID } from "node:crypto";
import { FleetError } from "../../common/errors.ts";
import { buildIdOf } from "../queue/build-id.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { Cron } from "../schedule/cron.ts";
import {
  keepRun,
  readRun,
  readSchedule,
  type Schedule,
  type ScheduleRun,
  scheduleSubject,
} from "../schedule/schedule.ts";
import { keepFiles } from "../schedule/schedule-files.ts";
import type { KnownSchedules } from "../seal/known-schedules.ts";
import type { Controls } from "./controls.ts";

/** A worker's clock may be so far behind that of the one whose clock has woken it. */
const SKEW_MS = 30_000;
/** A time that nobody was there for is made up for so long. */
const LATE_MS = 7 * 24 * 3_600_000;

export interface FireInput {
  readonly queue: FleetQueue;
  readonly known: KnownSchedules;
  readonly controls: Pick<Controls, "of">;
  readonly now: number;
  readonly say: (message: string) => void;
}

/**
 * Submits the builds of a schedule that is due. The engine has woken us, and whoever owns it can do that at any time: what is
 * due say the sealed schedule, our clock, and what we know of it. Of several times that nobody was there for it is the latest.
 * @throws {FleetError} when it is not due, was obeyed for this time, was removed, or is none of ours
 */
export async function fireSchedule(name: string, input: FireInput): Promise<ScheduleRun> {
  const { queue, known, controls, now, say } = input;
  const schedule = await readSchedule(queue, name);
  if (schedule === undefined) throw new FleetError(`There is no schedule ${name} any more`);
  for (const { wish, generation = 0 } of controls.of(scheduleSubject(name)))
    if (wish === "forget") await known.forget(name, generation);
  await known.checkValid(schedule);
  const cron = new Cron(schedule.cron, schedule.zone);
  const due = dueTime(schedule, cron, now);
  await known.check({ ...schedule, due });
  const before = await readRun(queue, name);
  const builds: ScheduleRun["builds"] = [];
  await keepFiles(queue, schedule, now);
  for (const job of schedule.jobs) {
    const id = idOf(queue, schedule, due, job.build);
    const last = before?.builds.find(({ build }) => build === job.build);
    const isBusy = last !== undefined && last.id !== id && (await isUnended(queue, last.id));
    builds.push({ build: job.build, id: isBusy ? last.id : id });
    if (isBusy) say(`The schedule ${name} leaves out ${job.build}: its build ${last.id} has not ended`);
    else await queue.submit({ ...job, id, ...timeOf(job, due, now), runUuid: randomUUID() });
  }
  await keepRun(queue, name, { due, builds });
  await known.note({ ...schedule, due });
  return { due, builds };
}

function dueTime({ name, from, until }: Schedule, cron: Cron, now: number): number {
  if (now > until)
    throw new FleetError(`The schedule ${name} is refused: it was until ${new Date(until).toISOString()}`);
  const due = cron.latest(now + SKEW_MS, Math.max(from, now - LATE_MS));
  if (due !== undefined) return due;
  throw new FleetError(`The schedule ${name} is refused: it is not due`, {
    hint: "compare the clocks of the workers; if they are right, somebody else writes to the queue",
  });
}

/** The template's time is the one that it is due at, whenever the build begins. */
function timeOf({ template }: Schedule["jobs"][number], due: number, now: number) {
  return { submittedAt: now, template: { ...template, now: due } };
}

/** Whoever obeys a schedule for a time gives its builds these ids: the second time they are there already. */
function idOf(queue: FleetQueue, { name, generation }: Schedule, due: number, build: string): string {
  return buildIdOf(JSON.stringify([queue.name, name, generation, due, build]));
}

async function isUnended(queue: FleetQueue, id: string): Promise<boolean> {
  const state = await queue.jobs.getJobState(id);
  return state !== "unknown" && state !== "completed" && state !== "failed";
}
