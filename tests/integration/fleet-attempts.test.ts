import { afterAll, beforeAll, expect, it } from "vitest";
import { beginAttempt } from "../../src/fleet/queue/attempts.ts";
import type { JobMessage, SentResult } from "../../src/fleet/queue/messages.ts";
import { withdrawJob } from "../../src/fleet/queue/withdrawn-jobs.ts";
import { BuildList } from "../../src/fleet/watch/build-list.ts";
import { noteFailure } from "../../src/fleet/worker/failed-attempt.ts";
import { type OwnQueue, openOwnQueue, plainJob } from "../support/fleet/own-queue.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("redis-server");

let own: OwnQueue;
beforeAll(async () => {
  own = await openOwnQueue();
});
afterAll(() => own[Symbol.asyncDispose]());

const ended = (outcome: SentResult["outcome"], parts: Partial<SentResult> = {}): SentResult => ({
  ...{ outcome, runId: undefined, worker: "w-1", endedAt: 1, artifact: undefined, error: undefined },
  ...{ evidence: undefined, provenance: undefined, record: undefined },
  ...parts,
});
const passing = { code: "E_API", exitCode: 6, message: "Too many volumes", retry: "quota", cleanup: [] } as const;

/** An attempt that fails, and is worth another. @returns which one that will be */
async function fail(job: JobMessage) {
  const attempt = await beginAttempt(own.queue, job.id);
  const failure = await noteFailure(own.queue, job, { attempt, result: ended("failed", { error: passing }) }, 0);
  return failure?.next === undefined || failure.next === null ? undefined : failure.attempt + 1;
}

async function submit(): Promise<JobMessage> {
  const job = plainJob();
  const retried = { ...job, settings: { ...job.settings, retries: { most: 2, delayMs: 1 } } };
  await own.queue.submit(retried);
  return retried;
}

const listed = async ({ id }: JobMessage) =>
  (await new BuildList(own.queue).read()).builds.find((each) => each.id === id);

describe("how many attempts at a build have begun", () => {
  it("is none before a worker has it, and grows with each that fails", async () => {
    const job = await submit();
    expect(await listed(job)).toMatchObject({ attempts: 0, mostAttempts: 3 });
    expect(await fail(job)).toBe(2);
    expect(await listed(job)).toMatchObject({ state: "waiting", attempts: 1 });
    expect(await fail(job)).toBe(3);
    expect(await listed(job)).toMatchObject({ state: "waiting", attempts: 2 });
    expect(await fail(job)).toBeUndefined();
    expect(await listed(job)).toMatchObject({ attempts: 3 });
  });

  it("stays when a worker is lost, as the next one has the same attempt", async () => {
    const job = await submit();
    await fail(job);
    expect(await beginAttempt(own.queue, job.id)).toBe(2);
    expect(await listed(job)).toMatchObject({ state: "waiting", attempts: 2 });
    expect(await beginAttempt(own.queue, job.id)).toBe(2);
    expect(await listed(job)).toMatchObject({ attempts: 2 });
  });

  it.each([
    ["done by its worker", ended("done")],
    ["cancelled at its worker", ended("cancelled")],
    // Nobody but its worker counts what has failed.
    ["ended by another worker, after its own was lost", ended("failed", { error: { ...passing, cleanup: [] } })],
  ])("counts the last one of a build that was %s", async (_how, result) => {
    const job = await submit();
    await fail(job);
    await beginAttempt(own.queue, job.id);
    await own.queue.keepResult(job.id, result);
    expect(await listed(job)).toMatchObject({ state: result.outcome, attempts: 2 });
  });

  it("counts none that had not begun when the build was taken back", async () => {
    const [fresh, tried] = [await submit(), await submit()];
    await fail(tried);
    for (const { id } of [fresh, tried]) expect(await withdrawJob(own.queue, id)).toBe(true);
    expect(await listed(fresh)).toMatchObject({ state: "cancelled", attempts: 0 });
    expect(await listed(tried)).toMatchObject({ state: "cancelled", attempts: 1 });
  });
});
