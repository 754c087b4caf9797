import type { BakeEvent } from "../../src/bake/event-report.ts";
import type { JobMessage, SentResult } from "../../src/fleet/queue/messages.ts";
import type { Place } from "../../src/fleet/queue/place.ts";
import type { RunningJob, StartJob } from "../../src/fleet/worker/job-process.ts";
import { plainJob } from "../../tests/support/fleet/own-queue.ts";

/** That of `plainJob()`. */
export const PLACE: Place = { accountId: "123456789012", region: "eu-west-2", label: undefined };

/** The queue of jobs that are not the fleet's. */
export const BARE_QUEUE = "bare";

/** How often a build says something, and how many lines it says then. */
export const PIECES = 20;
const LINES = 5;

/** How long each of so many builds takes: 1 to 3 s, the same ones in every run. */
export function durationsOf(builds: number): readonly number[] {
  let state = 1;
  return Array.from({ length: builds }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return 1_000 + (state % 2_001);
  });
}

/** What the durations alone would allow: each build begins, in their order, as soon as a worker has no other. */
export function shortestMs(durations: readonly number[], workers: number): number {
  const free = new Array<number>(workers).fill(0);
  for (const duration of durations) {
    const first = free.indexOf(Math.min(...free));
    free[first] = (free[first] ?? 0) + duration;
  }
  return Math.max(...free);
}

/** A job that lasts so long. */
export function jobLasting(durationMs: number, id: string, manifest: unknown): JobMessage {
  const job = plainJob({ id, build: `outscale-chroot.${id}`, manifest });
  return { ...job, template: { ...job.template, variables: { durationMs } } };
}

/** In the place of a build: it says its lines, and ends when its time is over. */
export const startFakeJob: StartJob = ({ job, workerId, onEvent }): RunningJob => {
  const durationMs = Number(job.template.variables.durationMs);
  let burst = 0;
  const talking = setInterval(
    () => {
      for (let line = 0; line < LINES; line++) onEvent(lineOf(job.build, burst * LINES + line));
      if (++burst === PIECES) clearInterval(talking);
    },
    durationMs / PIECES - 1,
  );
  const result = new Promise<SentResult>((resolve) => {
    setTimeout(() => {
      clearInterval(talking);
      resolve({
        ...{ outcome: "done", runId: undefined, worker: workerId, endedAt: Date.now(), artifact: undefined },
        ...{ error: undefined, evidence: undefined, provenance: undefined, record: undefined },
      });
    }, durationMs);
  });
  return { result, stop: () => undefined, hurry: () => undefined, ended: () => Promise.resolve() };
};

function lineOf(build: string, number: number): BakeEvent {
  const digits = (number * 2_654_435_761).toString(16);
  const text = `Unpacking package-${digits} (1.${number}-2) over (1.${number}-1) ...`;
  return { type: "line", at: Date.now(), build, part: undefined, kind: "message", text };
}
