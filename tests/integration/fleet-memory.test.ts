import { randomBytes } from "node:crypto";
import { Worker } from "bullmq";
import { afterEach, beforeEach, expect, it } from "vitest";
import { beginAttempt, keepFailure } from "../../src/fleet/queue/attempts.ts";
import type { SentResult } from "../../src/fleet/queue/messages.ts";
import { OutputWriter } from "../../src/fleet/queue/output-writer.ts";
import { KEY_PREFIX } from "../../src/fleet/queue/place.ts";
import { listWithdrawn, readJobData, withdrawJob } from "../../src/fleet/queue/withdrawn-jobs.ts";
import { type OwnQueue, openOwnQueue, plainJob } from "../support/fleet/own-queue.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("redis-server");

let own: OwnQueue;
beforeEach(async () => {
  own = await openOwnQueue();
});
afterEach(async () => {
  await own[Symbol.asyncDispose]();
});

const KIB = 1024;

const done: SentResult = {
  ...{ outcome: "done", runId: "0123456789ab", worker: "w-0123456789ab", endedAt: 0 },
  ...{ artifact: undefined, error: undefined, evidence: undefined, provenance: undefined, record: undefined },
};

/** Has a build say lines, and end, as a worker does it. */
async function bake(id: string, lines: Iterable<string>): Promise<void> {
  const output = new OutputWriter(own.queue, { id, attempt: await own.queue.countRun(id) }, () => undefined);
  for (const text of lines) {
    const event = {
      type: "line",
      at: 1_795_740_720_000,
      build: "outscale-chroot.web",
      part: undefined,
      kind: "message",
      text,
    } as const;
    output.write({ type: "event", event });
  }
  await own.queue.keepResult(id, done);
  await output.end({ type: "end" });
}

/** What all keys of a build take, as Redis counts it. */
async function memoryOf(id: string): Promise<number> {
  const keys = await own.redis.keys(`*${id}*`);
  const sizes = await Promise.all(keys.map((key) => own.redis.memory("USAGE", key, "SAMPLES", 0)));
  return sizes.reduce<number>((sum, size) => sum + Number(size), 0);
}

/** Does the jobs that wait: nothing is left of a job that has ended but what is kept of it. */
async function endJobs(count: number): Promise<void> {
  let left = count;
  const worker = new Worker(own.queue.name, async () => undefined, { connection: own.redis, prefix: KEY_PREFIX });
  await new Promise<void>((resolve) => worker.on("completed", () => --left === 0 && resolve()));
  await worker.close();
}

describe("the memory of a queue", () => {
  it("is 24 KiB at most for a build with 60 files that says 300 lines", async () => {
    const manifest = Array.from({ length: 60 }, (_, index) => {
      const [sha256, address] = [randomBytes(32).toString("hex"), randomBytes(32).toString("hex")];
      return {
        kind: "file",
        path: `home/somebody/project/scripts/${index}.sh`,
        mode: 0o755,
        bytes: 900,
        sha256,
        address,
      };
    });
    const job = plainJob({ manifest });
    await own.queue.submit(job);
    await endJobs(1);
    await bake(
      job.id,
      Array.from(
        { length: 300 },
        (_, index) => `Get:${index} http://mirror.example/debian package-${index} [${index * 91} kB]`,
      ),
    );
    expect(await memoryOf(job.id)).toBeLessThan(24 * KIB);
  });

  it("is 20 MiB at most for the output of a build, whatever it says", async () => {
    function* noise() {
      for (let line = 0; line < 400_000; line++) yield randomBytes(48).toString("base64");
    }
    const { id } = plainJob();
    await bake(id, noise());
    const bytes = await memoryOf(id);
    expect(bytes).toBeGreaterThan(1024 * KIB);
    expect(bytes).toBeLessThan(20 * 1024 * KIB);
  });

  it("has no more than the last 1000 builds that have ended, and nothing of those before", async () => {
    const ids = Array.from({ length: 1_003 }, (_, index) => `ff${String(index).padStart(6, "0")}`);
    const early = ids.slice(0, 3);
    for (const id of early) await own.queue.submit(plainJob({ id }));
    await endJobs(3);
    for (const id of early) await keepFailure(own.queue, id, await beginAttempt(own.queue, id), done);
    for (const id of ids) await bake(id, ["one line"]);
    for (const id of early) expect(await own.redis.keys(`*${id}*`)).toEqual([]);
    expect(await own.redis.keys("*:result:*")).toHaveLength(1_000);
    expect(await own.queue.readResult(ids.at(-1) ?? "")).toMatchObject({ outcome: "done" });
  });

  it("has one that was taken back as long as others that have ended", async () => {
    const job = plainJob();
    await own.queue.submit(job);
    expect(await withdrawJob(own.queue, job.id)).toBe(true);
    expect(await withdrawJob(own.queue, job.id)).toBe(false);
    expect(await own.queue.jobs.getJob(job.id)).toBeUndefined();
    expect(await listWithdrawn(own.queue)).toEqual([job.id]);
    expect(own.queue.readJob(job.id, await readJobData(own.queue, job.id)).job).toEqual(job);
    expect(await own.queue.readResult(job.id)).toMatchObject({ outcome: "cancelled", worker: "" });
    expect(await own.redis.ttl(own.queue.keyOf("withdrawn"))).toBeGreaterThan(0);
    await own.redis.zadd(own.queue.keyOf("ended"), Date.now() - 8 * 24 * 3_600_000, job.id);
    await bake("ff01", ["one line"]);
    expect(await listWithdrawn(own.queue)).toEqual([]);
    expect(await readJobData(own.queue, job.id)).toBeUndefined();
    expect(await own.redis.keys(`*${job.id}*`)).toEqual([]);
  });

  it("has nothing of a build that ended more than a week ago, or was never done", async () => {
    await bake("ff00", ["one line"]);
    await own.redis.zadd(own.queue.keyOf("ended"), Date.now() - 8 * 24 * 3_600_000, "ff00");
    await bake("ff01", ["one line"]);
    expect(await own.redis.keys("*ff00*")).toEqual([]);
    for (const key of await own.redis.keys("*ff01*")) expect(await own.redis.ttl(key), key).toBeGreaterThan(0);
  });
});
