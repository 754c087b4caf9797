import { filesOf, type ManifestFile } from "../bundle/manifest.ts";
import { keepFiles as keepAll, releaseFiles as releaseAll } from "../objects/keep-files.ts";
import { type FleetQueue, KEPT_SECONDS } from "../queue/fleet-queue.ts";
import { readSchedules, type Schedule } from "./schedule.ts";

type Needing = Pick<Schedule, "jobs" | "until">;

/**
 * Keeps the files of a schedule as long as it lives, and then as long as its last build may wait: nobody may be there for
 * months to see that they are needed. They go by themselves then, should nobody be there any more.
 */
export async function keepFiles(queue: FleetQueue, schedule: Needing, now: number): Promise<void> {
  await keepAll(queue, filesOfSchedule(schedule), lifeSeconds(schedule, now));
}

/**
 * A schedule needs its files no more: they go when a build that has them may not need them any more either, but for those that
 * another schedule needs. One that is added at the same time keeps its own after it is there, so it is seen, or comes later.
 */
export async function releaseFiles(queue: FleetQueue, schedule: Needing, now: number): Promise<void> {
  const files = filesOfSchedule(schedule);
  await releaseAll(queue, files, KEPT_SECONDS);
  const released = new Set(files.map(({ address }) => address));
  for (const other of await readSchedules(queue)) {
    const needed = filesOfSchedule(other).filter(({ address }) => released.has(address));
    await keepAll(queue, needed, lifeSeconds(other, now));
  }
}

function lifeSeconds({ until }: Needing, now: number): number {
  return Math.max(0, Math.ceil((until - now) / 1_000)) + KEPT_SECONDS;
}

/** Each content once: builds of one template share most of them. */
function filesOfSchedule({ jobs }: Needing): readonly ManifestFile[] {
  const files = jobs.flatMap(({ manifest }) => filesOf(manifest));
  return [...new Map(files.map((file) => [`${file.store} ${file.address}`, file])).values()];
}
