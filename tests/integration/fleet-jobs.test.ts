import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "bullmq";
import { expect, it } from "vitest";
import { parseAddress } from "../../src/fleet/queue/address.ts";
import { beginAttempt, keepFailure } from "../../src/fleet/queue/attempts.ts";
import { connect } from "../../src/fleet/queue/connection.ts";
import { FleetQueue } from "../../src/fleet/queue/fleet-queue.ts";
import type { JobMessage, SentResult } from "../../src/fleet/queue/messages.ts";
import { OutputReader } from "../../src/fleet/queue/output-reader.ts";
import { KEY_PREFIX } from "../../src/fleet/queue/place.ts";
import { addSchedule } from "../../src/fleet/schedule/change-schedules.ts";
import { Cron } from "../../src/fleet/schedule/cron.ts";
import { Sealer } from "../../src/fleet/seal/seal.ts";
import { SeenJobs } from "../../src/fleet/seal/seen-jobs.ts";
import { Claim } from "../../src/fleet/worker/claim.ts";
import { endJob, giveBackJob } from "../../src/fleet/worker/end-job.ts";
import { Recovery } from "../../src/fleet/worker/recovery.ts";
import { returnOwnJobs } from "../../src/fleet/worker/return-own-jobs.ts";
import { doneResult } from "../support/fleet/done-result.ts";
import { openLossyWay } from "../support/fleet/lossy-way.ts";
import { type OwnQueue, openOwnQueue, plainJob } from "../support/fleet/own-queue.ts";
import { type HeldBuild, type OwnWorker, startOwnWorker } from "../support/fleet/own-worker.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("redis-server", "flock");

const unended = new AbortController().signal;
const stateOf = (own: OwnQueue, { id }: JobMessage) => own.queue.jobs.getJobState(id);
const claimOf = (own: OwnQueue, { id }: JobMessage) => own.queue.keyOf("claim", id);
const failure = { code: "E_API", exitCode: 6, message: "Too many volumes", retry: "quota", cleanup: [] } as const;

async function submit(own: OwnQueue): Promise<JobMessage> {
  const job = plainJob();
  await own.queue.submit(job);
  return job;
}

function say(build: HeldBuild, text: string): void {
  const { build: name } = build.job;
  build.onEvent({ type: "line", at: Date.now(), build: name, part: undefined, kind: "message", text });
}

/** The engine's own job. */
async function inEngine(own: OwnQueue, { id }: JobMessage) {
  const job = await own.queue.jobs.getJob(id);
  if (job === undefined) throw new Error("The engine knows it");
  return job;
}

/** The engine and whoever waits know that it went well, and nobody holds it. */
async function expectDone(own: OwnQueue, worker: OwnWorker, job: JobMessage): Promise<void> {
  await worker.says(`Build ${job.id} of ${job.build}: done`);
  await expect.poll(() => stateOf(own, job)).toBe("completed");
  expect(await own.queue.readResult(job.id)).toMatchObject({ outcome: "done", worker: worker.id });
  expect(await own.redis.exists(claimOf(own, job))).toBe(0);
}

/** From now on Redis refuses; what it gives ends that. */
type Refuse = (own: OwnQueue) => Promise<() => Promise<void>>;

const full: Refuse = async ({ redis }) => {
  await redis.config("SET", "maxmemory", "1");
  return async () => void (await redis.config("SET", "maxmemory", "0"));
};

const brokenDisk: Refuse = async ({ redis, folder }) => {
  const [inTheWay, status] = [join(folder, "dump.rdb"), () => redis.info("persistence")];
  await mkdir(inTheWay);
  await redis.config("SET", "save", "86400 1000000");
  await redis.bgsave();
  await expect.poll(status).toContain("rdb_last_bgsave_status:err");
  return async () => {
    await rmdir(inTheWay);
    await redis.bgsave();
    await expect.poll(status).toContain("rdb_last_bgsave_status:ok");
  };
};

/** A schedule that was due an hour ago, for which the engine wakes a worker now. */
async function addDueSchedule(own: OwnQueue): Promise<void> {
  const hour = 3_600_000;
  const due = new Date(Date.now() - hour);
  const cron = new Cron(`${due.getUTCMinutes()} ${due.getUTCHours()} * * *`, "UTC");
  const { id: _, submittedAt: __, ...job } = plainJob();
  const times = { cron: cron.text, zone: cron.zone, from: due.getTime() - hour, until: Date.now() + 48 * hour };
  const wanted = { name: "nightly", submitter: job.submitter, jobs: [job], ...times };
  await addSchedule(own.queue, wanted, { cron, send: () => Promise.resolve(), mayReplace: false });
  for (const next of await own.queue.jobs.getDelayed()) await next.promote();
}

describe("a queue that refuses to take more", () => {
  it.each([
    ["as it is full", full],
    ["as its disk does not work", brokenDisk],
  ])("%s is told of a build that ends meanwhile, and has all that it has said", async (_why, refuse) => {
    await using own = await openOwnQueue();
    await using worker = await startOwnWorker(own);
    const job = await submit(own);
    const build = await worker.begun(1);
    say(build, "before");
    const takeAgain = await refuse(own);
    say(build, "meanwhile");
    build.end();
    await worker.says("what builds have to tell waits until it takes that");
    expect([await stateOf(own, job), await own.queue.readResult(job.id)]).toEqual(["active", undefined]);
    await takeAgain();
    await expectDone(own, worker, job);
    const { entries, missing } = await new OutputReader(own.queue, job.id).read();
    const lines = entries.flatMap((entry) =>
      entry.type === "event" && entry.event.type === "line" ? entry.event.text : [],
    );
    expect([missing, lines, entries.at(-1)?.type]).toEqual([0, ["before", "meanwhile"], "end"]);
  });

  it.each([
    ["its turn", "turns"],
    ["its claim", "claim"],
    ["its attempt", "begun"],
  ])("has a build done later of which it does not take %s", async (_what, kind) => {
    await using own = await openOwnQueue();
    await using way = await openLossyWay(join(own.folder, "redis.sock"));
    await using worker = await startOwnWorker(own, way.socket);
    const held = way.holdQuestion(own.queue.keyOf(kind));
    const job = await submit(own);
    const goOn = await held;
    const takeAgain = await full(own);
    goOn();
    await worker.says(`Build ${job.id} waits`);
    await expect.poll(() => stateOf(own, job)).toBe("delayed");
    expect(await own.redis.exists(claimOf(own, job))).toBe(0);
    await takeAgain();
    (await worker.begun(1)).end();
    await expectDone(own, worker, job);
  });

  it.each([
    ["its claim", "claim"],
    ["its build", "turns"],
  ])("has a schedule obeyed later of which it does not take %s", async (_what, kind) => {
    await using own = await openOwnQueue();
    await using way = await openLossyWay(join(own.folder, "redis.sock"));
    await using worker = await startOwnWorker(own, way.socket);
    const held = way.holdQuestion(own.queue.keyOf(kind));
    await addDueSchedule(own);
    const goOn = await held;
    const takeAgain = await full(own);
    goOn();
    await worker.says("The schedule nightly is obeyed later");
    await takeAgain();
    const build = await worker.begun(1);
    await worker.says("The schedule nightly was due at");
    build.end();
    await expectDone(own, worker, build.job);
    expect(worker.builds).toHaveLength(1);
  });

  it("does not keep a worker from its end, which names the build", async () => {
    await using own = await openOwnQueue();
    await using worker = await startOwnWorker(own);
    const job = await submit(own);
    const build = await worker.begun(1);
    await full(own);
    build.end();
    await worker.says("what builds have to tell waits until it takes that");
    worker.drain();
    worker.stop();
    await expect(worker.ended).rejects.toMatchObject({
      message: `The queue refuses to know more, so it was not told what became of the build ${job.id}`,
      hint: expect.stringContaining("start the worker again when the queue takes more"),
    });
  });
});

describe("a worker whose queue was set back, as a Redis is that has lost its last moments", () => {
  it.each([
    ["a claim that is there", false],
    ["a claim that is lost", true],
  ])("goes on with its build that it is given once more, with %s", async (_what, isLost) => {
    await using own = await openOwnQueue();
    await using worker = await startOwnWorker(own);
    const job = await submit(own);
    const build = await worker.begun(1);
    if (isLost) await own.redis.del(claimOf(own, job));
    await giveBackJob(own.queue, await inEngine(own, job));
    await worker.says(`The queue has given the build ${job.id} to this worker once more`);
    await expect.poll(async () => (await Claim.holderOf(own.queue, job.id))?.worker).toBe(worker.id);
    expect(await stateOf(own, job)).toBe("active");
    expect(await build.mayPublish()).toBeUndefined();
    build.end();
    await expectDone(own, worker, job);
    expect(worker.builds).toHaveLength(1);
  });

  it("keeps its build when the claim alone is lost", async () => {
    await using own = await openOwnQueue();
    await using worker = await startOwnWorker(own);
    const job = await submit(own);
    const build = await worker.begun(1);
    await own.redis.del(claimOf(own, job));
    expect(await build.mayPublish()).toBeUndefined();
    expect((await Claim.holderOf(own.queue, job.id))?.worker).toBe(worker.id);
    await own.redis.del(claimOf(own, job));
    build.end();
    await expectDone(own, worker, job);
  });

  it("does not publish, and says nothing, when the engine may have given it to somebody else", async () => {
    await using own = await openOwnQueue();
    await using worker = await startOwnWorker(own);
    const job = await submit(own);
    const build = await worker.begun(1);
    await own.redis.del(claimOf(own, job), own.queue.lockOf(job.id));
    expect(await build.mayPublish()).toContain("not this worker's any more");
    build.end();
    await worker.says("is not this worker's any more");
    expect([await stateOf(own, job), await own.queue.readResult(job.id)]).toEqual(["active", undefined]);
  });

  it("begins anew a build that it has lost to another worker, which could not do it", async () => {
    await using own = await openOwnQueue();
    await using worker = await startOwnWorker(own);
    const job = await submit(own);
    const build = await worker.begun(1);
    await own.redis.set(claimOf(own, job), "another's");
    await own.redis.set(own.queue.lockOf(job.id), "another's", "PX", 60_000);
    build.end({ outcome: "failed", error: failure });
    await worker.says("is not this worker's any more");
    expect(await own.redis.get(claimOf(own, job))).toBe("another's");
    await own.redis.del(claimOf(own, job));
    await giveBackJob(own.queue, await inEngine(own, job));
    (await worker.begun(2)).end();
    await expectDone(own, worker, job);
  });

  it("leaves a job that another worker holds to that one", async () => {
    await using own = await openOwnQueue();
    await using worker = await startOwnWorker(own);
    const job = plainJob();
    await Claim.take(own.queue, job.id, { worker: "w-other", vmId: null });
    await own.queue.submit(job);
    await worker.says(`given the build ${job.id} to this worker, and another one holds it`);
    expect(await stateOf(own, job)).toBe("active");
    expect((await Claim.holderOf(own.queue, job.id))?.worker).toBe("w-other");
    await endJob(own.queue, await inEngine(own, job), doneResult("w-other"));
    expect([await stateOf(own, job), worker.builds]).toEqual(["completed", []]);
  });
});

describe("an answer of the queue that is lost, so that it is asked again", () => {
  /** The queue, over a way on which the answer to one question is lost. */
  async function lossyQueue(own: OwnQueue, text: string) {
    const way = await openLossyWay(join(own.folder, "redis.sock"));
    const redis = await connect(parseAddress(`unix:${way.socket}`, {}));
    const queue = new FleetQueue(own.queue.place, redis, new Sealer(own.keys, Date.now));
    way.loseAnswerTo(text);
    return {
      queue,
      [Symbol.asyncDispose]: async () => {
        expect(way.lost).toBe(1);
        await queue[Symbol.asyncDispose]();
        redis.disconnect();
        await way[Symbol.asyncDispose]();
      },
    };
  }

  it("leaves a job to the worker that has taken it, as its first run", async () => {
    await using own = await openOwnQueue();
    await using lossy = await lossyQueue(own, own.queue.keyOf("claim", "aa"));
    const claim = await Claim.take(lossy.queue, "aa", { worker: "w-1", vmId: null });
    expect([claim?.attempt, await claim?.isLost()]).toEqual([1, false]);
    expect(await Claim.take(own.queue, "aa", { worker: "w-2", vmId: null })).toBeUndefined();
    await claim?.release();
    expect((await Claim.take(own.queue, "aa", { worker: "w-2", vmId: null }))?.attempt).toBe(2);
  });

  it("counts an attempt that has failed once", async () => {
    await using own = await openOwnQueue();
    await using lossy = await lossyQueue(own, own.queue.keyOf("attempts", "aa"));
    await keepFailure(lossy.queue, "aa", 1, doneResult("w-1", { outcome: "failed", error: failure }));
    expect(await beginAttempt(own.queue, "aa")).toBe(2);
  });

  it.each([
    ["was cut off, which begins anew, also there", undefined, "prioritized"],
    ["was done, of which is told", doneResult("w-1"), "completed"],
  ] as [string, SentResult | undefined, string][])(
    "loses no build of a worker that is started again and %s",
    async (_what, result, state) => {
      await using own = await openOwnQueue();
      const job = await submit(own);
      const engine = new Worker(own.queue.name, null, { connection: own.redis, prefix: KEY_PREFIX, autorun: false });
      await engine.getNextJob("a token", { block: false });
      await engine.close();
      await Claim.take(own.queue, job.id, { worker: "w-1", vmId: null });
      const seen = new SeenJobs(join(own.folder, "seen"), Date.now);
      seen.take(job.id, Date.now());
      {
        await using lossy = await lossyQueue(own, 'redis.call("del", KEYS[1])');
        const jobs = { left: [job.id], resultOf: () => result, forget: () => undefined, begin: expect.unreachable };
        const input = {
          queue: lossy.queue,
          workerId: "w-1",
          accountId: job.accountId,
          seen,
          jobs,
          products: new Map(),
          later: new Set<string>(),
        };
        await returnOwnJobs(input, () => undefined);
      }
      // What any worker does when the engine's hold has run out.
      await own.redis.del(own.queue.lockOf(job.id));
      const account = { ...own.queue.place, vmId: undefined };
      const ui = { say: () => undefined };
      await new Recovery({ queue: own.queue, workerId: "w-2", account, ui } as never).look(unended);
      expect([await stateOf(own, job), await own.queue.readResult(job.id)]).toEqual([state, result]);
      if (result === undefined) expect(() => seen.take(job.id, Date.now())).not.toThrow();
    },
  );

  it.each([
    ["its worker, which is started again", "w-1"],
    ["the others, when it is nobody's", undefined],
  ])("is not overlooked among many younger ones that are at work, by %s", async (_who, worker) => {
    await using own = await openOwnQueue();
    const jobs = [];
    for (let count = 0; count < 4; count++) jobs.push(await submit(own));
    const engine = new Worker(own.queue.name, null, { connection: own.redis, prefix: KEY_PREFIX, autorun: false });
    for (const _job of jobs) await engine.getNextJob("a token", { block: false });
    await engine.close();
    const [oldest, ...others] = await own.redis
      .lrange(own.queue.jobs.toKey("active"), 0, -1)
      .then((ids) => ids.reverse());
    for (const id of others) await Claim.take(own.queue, id, { worker: "w-3", vmId: null });
    const held = jobs.find(({ id }) => id === oldest);
    if (held === undefined) return expect.unreachable("the oldest is one of them");
    if (worker === undefined) {
      await own.redis.del(own.queue.lockOf(held.id));
      const account = { ...own.queue.place, vmId: undefined };
      const ui = { say: () => undefined, warn: () => undefined };
      await new Recovery({ queue: own.queue, workerId: "w-2", account, ui } as never).look(unended);
    } else {
      await Claim.take(own.queue, held.id, { worker, vmId: null });
      const files = { left: [held.id], resultOf: () => undefined, forget: () => undefined, begin: expect.unreachable };
      const seen = new SeenJobs(join(own.folder, "seen"), Date.now);
      const input = { ...{ queue: own.queue, workerId: worker, accountId: held.accountId }, seen, jobs: files };
      await returnOwnJobs({ ...input, products: new Map(), later: new Set() }, () => undefined);
    }
    expect(await stateOf(own, held)).toBe("prioritized");
    expect(await own.redis.llen(own.queue.jobs.toKey("active"))).toBe(3);
  });

  it("keeps no worker from the others that were cut off, although one of those at work is no JSON", async () => {
    await using own = await openOwnQueue();
    const [job, broken] = [await submit(own), plainJob()];
    const engine = new Worker(own.queue.name, null, { connection: own.redis, prefix: KEY_PREFIX, autorun: false });
    await engine.getNextJob("a token", { block: false });
    await engine.close();
    await own.redis.hset(own.queue.jobs.toKey(broken.id), { name: "build", data: "{", opts: "{}" });
    await own.redis.rpush(own.queue.jobs.toKey("active"), broken.id);
    for (const { id } of [job, broken]) await Claim.take(own.queue, id, { worker: "w-1", vmId: null });
    const jobs = { left: [], resultOf: () => undefined, forget: () => undefined, begin: expect.unreachable };
    const seen = new SeenJobs(join(own.folder, "seen"), Date.now);
    const input = { ...{ queue: own.queue, workerId: "w-1", accountId: job.accountId }, seen, jobs };
    await returnOwnJobs({ ...input, products: new Map(), later: new Set() }, () => undefined);
    expect(await stateOf(own, job)).toBe("prioritized");
    await own.redis.del(claimOf(own, broken), own.queue.lockOf(broken.id));
    const account = { ...own.queue.place, vmId: undefined };
    await new Recovery({ queue: own.queue, workerId: "w-2", account } as never).look(unended);
    expect(await stateOf(own, broken)).toBe("active");
  });
});
