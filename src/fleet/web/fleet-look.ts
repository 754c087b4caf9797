import { withoutControls } from "../../common/without-controls.ts";
import type { WorkerMessage } from "../queue/messages.ts";
import type { WatchedBuild } from "../watch/build-list.ts";
import type { FleetWatch, WatchedQueue } from "../watch/fleet-watch.ts";

/** A build that goes on, with what it has said last. */
export interface SpeakingBuild extends WatchedBuild {
  readonly says: string;
}

/** The fleet at one moment. */
export interface FleetLook {
  readonly workers: readonly (WorkerMessage & { readonly queue: string })[];
  readonly queues: readonly WatchedQueue[];
  readonly running: readonly SpeakingBuild[];
  readonly waiting: readonly WatchedBuild[];
  readonly ended: readonly WatchedBuild[];
}

const LONGEST_WORDS = 200;

export async function lookAtFleet(fleet: FleetWatch): Promise<FleetLook> {
  const [workers, queues, builds] = await Promise.all([fleet.workers(), fleet.queues(), fleet.builds()]);
  const running = builds.filter(({ state }) => state === "running" || state === "silent");
  return {
    ...{ workers, queues },
    running: await Promise.all(running.map(async (build) => ({ ...build, says: await lastWords(fleet, build) }))),
    waiting: builds.filter(({ state }) => state === "waiting"),
    ended: builds.filter(({ state }) => !["running", "silent", "waiting"].includes(state)),
  };
}

/** The last line that a person would see of it. */
async function lastWords(fleet: FleetWatch, build: WatchedBuild): Promise<string> {
  const lines = (await fleet.lastOutput(build)).flatMap((entry) => {
    return entry.type === "event" && entry.event.type === "line" ? [entry.event.text] : [];
  });
  return withoutControls(lines.at(-1) ?? "").slice(0, LONGEST_WORDS);
}
