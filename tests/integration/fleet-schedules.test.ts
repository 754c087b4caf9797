import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FleetQueue } from "../../src/fleet/queue/fleet-queue.ts";
import { RefusalError } from "../../src/fleet/queue/refusal-error.ts";
import { addSchedule, removeSchedule } from "../../src/fleet/schedule/change-schedules.ts";
import { Cron } from "../../src/fleet/schedule/cron.ts";
import { readSchedules } from "../../src/fleet/schedule/schedule.ts";
import { makeKeyText, parseKeys } from "../../src/fleet/seal/fleet-key.ts";
import { KnownSchedules } from "../../src/fleet/seal/known-schedules.ts";
import { Sealer } from "../../src/fleet/seal/seal.ts";
import { watchSchedules } from "../../src/fleet/watch/watched-schedules.ts";
import { Controls } from "../../src/fleet/worker/controls.ts";
import { fireSchedule } from "../../src/fleet/worker/fire-schedule.ts";
import { type OwnQueue, openOwnQueue, plainJob } from "../support/fleet/own-queue.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("redis-server");

let own: OwnQueue;
const said: string[] = [];
beforeEach(async () => {
  own = await openOwnQueue();
  said.length = 0;
});
afterEach(async () => {
  await own[Symbol.asyncDispose]();
});

const at = (text: string) => Date.parse(text);
const DAY_SECONDS = 24 * 3_600;

const address = "a".repeat(64);
const manifestOf = (addresses: readonly string[]) =>
  addresses.map((each) => {
    const path = `project/${each.slice(0, 1)}.sh`;
    return { kind: "file", path, mode: 0o755, bytes: 4, sha256: "b".repeat(64), address: each };
  });

interface Wanted {
  readonly cron?: string;
  readonly from?: string;
  readonly until?: string;
  readonly builds?: readonly string[];
  readonly name?: string;
  readonly files?: readonly string[];
  readonly mayReplace?: boolean;
  /** In place of sending the files. */
  readonly send?: () => Promise<void>;
}

/** Puts a schedule in the queue, as `fleet schedule add` does it. */
async function add({ cron = "0 3 * * *", from = "2026-01-10T00:00:00Z", until, ...wanted }: Wanted = {}) {
  const { builds = ["web"], name = "nightly", files = [address] } = wanted;
  const manifest = manifestOf(files);
  const jobs = builds.map((build) => {
    const { id: _, submittedAt: __, ...job } = plainJob({ build, manifest });
    return job;
  });
  const times = { cron, zone: "UTC", from: at(from), until: at(until ?? "2027-01-10T00:00:00Z") };
  const sendFiles = () => own.queue.putContents(new Map(files.map((each) => [each, Buffer.from("text")])));
  const { send = sendFiles, mayReplace = true } = wanted;
  const parts = { cron: new Cron(cron, "UTC"), send, mayReplace };
  return addSchedule(own.queue, { name, submitter: "somebody", jobs, ...times }, parts);
}

/** A worker with a state folder of its own. @returns what it does when the engine wakes it */
function worker(name: string) {
  const known = new KnownSchedules(join(own.folder, name));
  const controls = new Controls(own.queue, (error) => said.push(String(error)));
  return async (moment: string, schedule = "nightly") => {
    await controls.catchUp();
    const input = { queue: own.queue, known, controls, now: at(moment), say: (text: string) => said.push(text) };
    return fireSchedule(schedule, input);
  };
}

const key = () => own.queue.keyOf("schedules");
const sealedNow = async () => (await own.redis.hget(key(), "nightly")) ?? "";
const submitted = async () => (await own.queue.jobs.getJobs(["prioritized"])).map(({ id }) => id);

describe("a schedule", () => {
  it("has its builds submitted once for a time that has come, with that time and ids of their own", async () => {
    await add({ builds: ["web", "db"] });
    const fire = worker("one");
    const { due, builds } = await fire("2026-01-10T03:00:05Z");
    expect(due).toBe(at("2026-01-10T03:00:00Z"));
    expect(builds.map(({ build }) => build)).toEqual(["web", "db"]);
    const [web] = await own.queue.jobs.getJobs(["prioritized"]);
    const { job } = own.queue.readJob(web?.id ?? "", web?.data);
    expect(job).toMatchObject({ submittedAt: at("2026-01-10T03:00:05Z"), template: { now: due } });
    await expect(fire("2026-01-10T03:00:06Z")).rejects.toThrow("obeyed for 2026-01-10T03:00:00.000Z before");
    // Another worker that is woken for it, too, submits the same builds: they are there already.
    expect((await worker("two")("2026-01-10T03:10:00Z")).builds).toEqual(builds);
    expect(await submitted()).toHaveLength(2);
  });

  it("is not obeyed before its time, nor before the first that has come since it is there", async () => {
    await add({ from: "2026-01-10T03:00:00Z" });
    const fire = worker("one");
    for (const moment of ["2026-01-10T03:00:01Z", "2026-01-10T12:00:00Z", "2026-01-11T02:59:29Z"])
      await expect(fire(moment)).rejects.toThrow("it is not due");
    // A worker's clock may be a little behind.
    expect((await fire("2026-01-11T02:59:30Z")).due).toBe(at("2026-01-11T03:00:00Z"));
    await expect(fire("2026-01-11T03:00:00Z")).rejects.toThrow("before");
  });

  it("is obeyed once for all times that nobody was there for, and not for one that is too long ago", async () => {
    await add({ cron: "0 3 * * *" });
    const fire = worker("one");
    expect((await fire("2026-01-14T09:00:00Z")).due).toBe(at("2026-01-14T03:00:00Z"));
    await expect(fire("2026-01-14T09:00:01Z")).rejects.toThrow("before");
    expect(await submitted()).toHaveLength(1);
    await add({ cron: "0 3 1 * *" });
    await expect(fire("2026-02-09T00:00:00Z")).rejects.toThrow("it is not due");
    expect((await fire("2026-02-07T00:00:00Z")).due).toBe(at("2026-02-01T03:00:00Z"));
  });

  it("leaves out a build of which the last has not ended", async () => {
    await add();
    const fire = worker("one");
    const { builds } = await fire("2026-01-10T03:00:00Z");
    expect((await fire("2026-01-11T03:00:00Z")).builds).toEqual(builds);
    expect(said).toEqual([`The schedule nightly leaves out web: its build ${builds[0]?.id} has not ended`]);
    await own.queue.jobs.remove(builds[0]?.id ?? "");
    expect((await fire("2026-01-12T03:00:00Z")).builds).not.toEqual(builds);
  });

  it("is woken for by the engine, and listed with its last run", async () => {
    const from = new Date(Date.now() - 3_600_000).toISOString();
    await add({ cron: "* * * * *", from, until: new Date(Date.now() + 3_600_000).toISOString() });
    const [before] = await watchSchedules([own.queue]);
    expect(before).toMatchObject({ name: "nightly", cron: "* * * * *", zone: "UTC", builds: ["web"], last: null });
    expect(before?.next ?? 0).toBeGreaterThan(Date.now() - 1_000);
    const { due, builds } = await worker("one")(new Date().toISOString());
    const [after] = await watchSchedules([own.queue]);
    expect(after?.last).toEqual({ due, builds: [{ ...builds[0], outcome: "submitted", error: null }] });
    await removeSchedule(own.queue, "nightly");
    expect(await watchSchedules([own.queue])).toEqual([]);
    expect(await own.queue.jobs.getJobSchedulers()).toEqual([]);
    expect(await own.queue.jobs.getDelayedCount()).toBe(0);
  });

  describe("has files that", () => {
    const [shared, other] = ["c".repeat(64), "d".repeat(64)];
    const inDays = (days: number) => new Date(Date.now() + days * DAY_SECONDS * 1_000).toISOString();
    /** In days, from now on. */
    const left = async (of: string) => Math.round((await own.redis.ttl(own.queue.keyOf("content", of))) / DAY_SECONDS);

    it("are kept until it ends, and a week more, whatever builds do with them and whoever is there", async () => {
      await add({ from: inDays(0), until: inDays(100) });
      expect(await left(address)).toBe(107);
      await own.queue.putContents(new Map([[address, Buffer.from("text")]]));
      expect(await left(address)).toBe(107);
      // Those of one that another version has added.
      await own.redis.expire(own.queue.keyOf("content", address), 10);
      await worker("one")(inDays(2));
      expect(await left(address)).toBe(105);
    });

    it("are kept a week when it is removed, as a build may need them, or as long as another schedule does", async () => {
      await add({ from: inDays(0), until: inDays(100), files: [address, shared] });
      await add({ from: inDays(0), until: inDays(50), files: [shared, other], name: "weekly" });
      expect(await Promise.all([address, shared, other].map(left))).toEqual([107, 107, 57]);
      await removeSchedule(own.queue, "nightly");
      expect(await Promise.all([address, shared, other].map(left))).toEqual([7, 57, 57]);
      await removeSchedule(own.queue, "weekly");
      expect(await Promise.all([address, shared, other].map(left))).toEqual([7, 7, 7]);
    });

    it("are kept a week when it is replaced by one that does not have them", async () => {
      await add({ from: inDays(0), until: inDays(100), files: [address, shared] });
      await add({ from: inDays(0), until: inDays(20), files: [shared, other] });
      expect(await Promise.all([address, shared, other].map(left))).toEqual([7, 27, 27]);
    });

    it("are kept a week when it never came to be", async () => {
      const send = async () => {
        await own.queue.putContents(new Map([[address, Buffer.from("text")]]));
        await own.redis.set(key(), "not a hash");
      };
      await expect(add({ from: inDays(0), until: inDays(100), send })).rejects.toThrow("WRONGTYPE");
      expect(await left(address)).toBe(7);
    });
  });
});

describe("addSchedule()", () => {
  const sealedElsewhere = async () => {
    const sealer = new Sealer(parseKeys(makeKeyText(), "a test"), Date.now);
    await using others = new FleetQueue(own.queue.place, own.redis, sealer);
    return others.seal("{}", "schedule", "schedule.nightly");
  };
  const sealedOtherwise = async () => own.queue.seal('{"format":2}', "schedule", "schedule.nightly");
  const forged = async () => "forged";

  it("replaces none unless it is meant, and sends nothing for one that it would replace", async () => {
    expect(await add()).toEqual({ isReplaced: false });
    const before = await sealedNow();
    const send = async () => expect.unreachable();
    await expect(add({ mayReplace: false, send })).rejects.toThrow("There is a schedule nightly already");
    expect(await sealedNow()).toBe(before);
    expect(await add()).toEqual({ isReplaced: true });
    expect(await add({ name: "weekly", mayReplace: false })).toEqual({ isReplaced: false });
  });

  it.each([
    ["of another key", sealedElsewhere],
    ["of another version", sealedOtherwise],
    ["that nobody can read", forged],
  ])("replaces one %s only when it is meant", async (_what, sealed) => {
    const before = await sealed();
    await own.redis.hset(key(), "nightly", before);
    await expect(add({ mayReplace: false })).rejects.toMatchObject({
      code: "E_USAGE",
      message: "There is a schedule nightly already",
    });
    expect(await sealedNow()).toBe(before);
    expect(await add()).toEqual({ isReplaced: true });
    expect(await readSchedules(own.queue)).toHaveLength(1);
  });

  it("does not replace one that somebody has added while its files were sent", async () => {
    let theirs = "";
    const send = async () => {
      await add();
      theirs = await sealedNow();
    };
    await expect(add({ mayReplace: false, send })).rejects.toThrow("There is a schedule nightly already");
    expect(await sealedNow()).toBe(theirs);
  });

  it("adds none when the queue does not say whether there is one", async () => {
    const looks = vi.spyOn(own.redis, "hget").mockRejectedValue(new RefusalError("LOADING Redis is loading"));
    await expect(add()).rejects.toThrow("LOADING");
    looks.mockRestore();
    expect(await readSchedules(own.queue)).toEqual([]);
  });
});

describe("a schedule on a queue that somebody else owns", () => {
  it("is not brought back once it was removed, nor once it was replaced", async () => {
    const fire = worker("one");
    await add();
    const first = await sealedNow();
    await add();
    const second = await sealedNow();
    await expect(fire("2026-01-10T02:00:00Z")).rejects.toThrow("it is not due");
    await own.redis.hset(key(), "nightly", first);
    await expect(fire("2026-01-10T03:00:00Z")).rejects.toThrow("it was removed or replaced");
    await own.redis.hset(key(), "nightly", second);
    await fire("2026-01-10T03:00:00Z");
    await removeSchedule(own.queue, "nightly");
    await own.redis.hset(key(), "nightly", second);
    await expect(fire("2026-01-11T03:00:00Z")).rejects.toThrow("it was removed or replaced");
    // What the worker has noted does not depend on what the queue says later.
    await own.redis.del(own.queue.keyOf("control"));
    await expect(worker("one")("2026-01-12T03:00:00Z")).rejects.toThrow("it was removed or replaced");
    expect(await submitted()).toHaveLength(1);
  });

  it("ends with its life, also for a worker that was never told of its end", async () => {
    const now = Date.now();
    const [end, later] = [new Date(now + 3_600_000).toISOString(), new Date(now + 3_601_000).toISOString()];
    await add({ cron: "* * * * *", until: end });
    await expect(worker("new")(later)).rejects.toThrow(`it was until ${end}`);
    await worker("new")(end);
  });

  it("is refused when it is edited, renamed, of another key, or none", async () => {
    await add();
    const sealed = await sealedNow();
    const fire = worker("one");
    await own.redis.hset(key(), "other", sealed);
    await expect(fire("2026-01-10T03:00:00Z", "other")).rejects.toThrow("its seal is broken");
    await own.redis.hset(key(), "nightly", sealed.replace(/.{8}$/, "AAAAAAA="));
    await expect(fire("2026-01-10T03:00:00Z")).rejects.toThrow("is refused");
    await own.redis.hset(key(), "nightly", own.queue.seal("{}", "record", "schedule.nightly"));
    await expect(fire("2026-01-10T03:00:00Z")).rejects.toThrow("its seal is broken");
    await own.redis.hset(key(), "nightly", own.queue.seal("{}", "schedule", "schedule.nightly"));
    await expect(fire("2026-01-10T03:00:00Z")).rejects.toThrow("of another version");
    await own.redis.del(key());
    await expect(fire("2026-01-10T03:00:00Z")).rejects.toThrow("There is no schedule nightly any more");
    await expect(fire("2026-01-10T03:00:00Z", "../../x")).rejects.toThrow("There is no schedule");
    expect(await submitted()).toEqual([]);
    expect(await readSchedules(own.queue)).toEqual([]);
  });
});
