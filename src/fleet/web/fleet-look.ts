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
  /** How many there are: more than are listed, when there are very many. */
  readonly runningCount: number;
  readonly waitingCount: number;
  /** How many builds are in no list. */
  readonly unlisted: number;
}

const LONGEST_WORDS = 200;

export async function lookAtFleet(fleet: FleetWatch): Promise<FleetLook> {
  const [workers, queues, { builds, more }] = await Promise.all([
    fleet.workers().then((all) => all.map((worker) => ({ ...shortened(worker), id: worker.id, queue: worker.queue }))),
    fleet.queues(),
    fleet.builds().then(({ builds, more }) => ({
      builds: builds.map((build) => ({ ...shortened(build), id: build.id, queue: build.queue })),
      more,
    })),
  ]);
  const running = builds.filter(({ state }) => state === "running" || state === "silent");
  const waiting = builds.filter(({ state }) => state === "waiting");
  return {
    ...{ workers, queues, waiting },
    ...{ runningCount: running.length + more.running, waitingCount: waiting.length + more.waiting },
    unlisted: more.running + more.waiting + more.ended,
    running: await Promise.all(running.map(async (build) => ({ ...build, says: await lastWords(fleet, build) }))),
    ended: builds.filter(({ state }) => !["running", "silent", "waiting"].includes(state)),
  };
}

/** With no text that is longer than a person reads in a list. */
export function shortened<Row extends object>(row: Row): Row {
  const cells = Object.entries(row).map(([name, cell]) => {
    return [
      name,
      typeof cell === "string" && cell.length > LONGEST_WORDS ? `${cell.slice(0, LONGEST_WORDS)}...` : cell,
    ];
  });
  return Object.fromEntries(cells) as Row;
}

/** The last line that a person would see of it. */
async function lastWords(fleet: FleetWatch, build: WatchedBuild): Promise<string> {
  const lines = (await fleet.lastOutput(build)).flatMap((entry) => {
    return entry.type === "event" && entry.event.type === "line" ? [entry.event.text] : [];
  });
  return withoutControls(lines.at(-1) ?? "").slice(0, LONGEST_WORDS);
}
