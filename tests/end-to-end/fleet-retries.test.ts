import { readdir, readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { Fault } from "../../src/local-cloud/faults.ts";
import { nothing } from "../support/bake/bake.ts";
import { type FleetBench, openFleetBench } from "../support/fleet/fleet-bench.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms(...buildPrograms, "redis-server");

let bench: FleetBench;
beforeAll(async () => {
  bench = await openFleetBench("fleet-retries");
});
afterEach(async () => {
  bench.bakery.cloud.faults.clear();
  await bench.clear();
});
afterAll(() => bench[Symbol.asyncDispose]());

const quota = (times: number): Fault => ({ kind: "too-many-volumes", action: "CreateVolume", times });

function submit(...argv: readonly string[]) {
  const flags = ["-queue", bench.fleet.url, "-retry-delay", "10ms", ...argv];
  return bench.fleet.run(["build", ...flags, "web.pkr.hcl"], { folder: bench.folder });
}

/** The one build, as `fleet builds` has it. */
async function listed(): Promise<unknown> {
  const { builds } = JSON.parse((await bench.ask("fleet", "builds", "-json")).output);
  return builds[0];
}

/** The failed attempts that the queue knows of. */
async function attempts(): Promise<number> {
  const [key] = await bench.fleet.redis.keys("*:attempts:*");
  return key === undefined ? 0 : bench.fleet.redis.llen(key);
}

describe("a build on a fleet that fails", () => {
  it("is tried again when a quota was used up, and ends well", async () => {
    await bench.writeTemplate({ build: `provisioner "shell" { inline = ["echo said once"] }` });
    await bench.worker();
    bench.bakery.cloud.faults.add(quota(1));
    const build = submit();
    expect(await build.ended(), build.output()).toBe(0);
    expect(build.output()).toMatch(/Attempt 1 of 3 failed: CreateVolume failed.*\(E_API\)/);
    expect(build.output()).toMatch(/Attempt 2 of 3 begins in 1s, as a quota of the account/);
    expect(build.output().match(/: said once/g)).toHaveLength(1);
    expect(await attempts()).toBe(1);
    expect(await listed()).toMatchObject({ state: "done", attempts: 2, mostAttempts: 3 });
    expect((await bench.ask("fleet", "builds")).output).toMatch(/STATE +ATTEMPTS .*\n.* done +2 of 3 /);
    const { images, snapshots, ...rest } = await bench.bakery.leftovers();
    expect([images.length, snapshots.length]).toEqual([1, 1]);
    expect(rest).toMatchObject({ volumes: [], mounts: [], violations: [] });
  });

  it("ends with the code of its last attempt when there were enough, and each has left a record", async () => {
    await bench.writeTemplate();
    await bench.worker();
    bench.bakery.cloud.faults.add(quota(100));
    const build = submit("-retries", "1");
    expect(await build.ended(), build.output()).toBe(6);
    expect(build.output().match(/Attempt \d of \d (failed|begins)/g)).toEqual([
      "Attempt 1 of 2 failed",
      "Attempt 2 of 2 begins",
      "Attempt 2 of 2 failed",
    ]);
    expect(await attempts()).toBe(2);
    expect(await listed()).toMatchObject({ state: "failed", attempts: 2, mostAttempts: 2 });
    expect(await bench.bakery.leftovers()).toEqual(nothing);
    const records = bench.fleet.run(["runs", "list", "-json", "-state", `${bench.bakery.folder}/worker`]);
    expect(await records.ended(), records.output()).toBe(0);
    expect(JSON.parse(records.output()).runs.length).toBeGreaterThanOrEqual(2);
  });

  it("is not tried again when its provisioner failed, nor when nobody wants that", async () => {
    await bench.writeTemplate({ build: `provisioner "shell" { inline = ["exit 3"] }` });
    await bench.worker();
    const build = submit();
    expect(await build.ended(), build.output()).toBe(10);
    expect(await listed()).toMatchObject({ state: "failed", attempts: 1, mostAttempts: 3 });
    bench.bakery.cloud.faults.add(quota(1));
    const once = submit("-retries", "0");
    expect(await once.ended(), once.output()).toBe(6);
    expect(build.output() + once.output()).not.toContain("Attempt");
  });

  it("is tried again when its process was killed, once that is cleaned up", async () => {
    await bench.writeTemplate({ build: bench.pause });
    const worker = await bench.worker();
    const build = submit();
    await bench.reached();
    expect(await listed()).toMatchObject({ state: "running", attempts: 1 });
    await loseHolds();
    process.kill(await jobProcessOf(worker.child.pid ?? 0), "SIGKILL");
    await bench.go();
    expect(await build.ended(), build.output()).toBe(0);
    expect(build.output()).toMatch(
      /Attempt 1 of 3 failed: The process of the build ended before it: SIGKILL \(E_FLEET\)/,
    );
    expect(worker.output()).not.toMatch(/BullMQ|lock|was nobody's/);
    const { images, snapshots, ...rest } = await bench.bakery.leftovers();
    expect([images.length, snapshots.length]).toEqual([1, 1]);
    expect(rest).toMatchObject({ volumes: [], mounts: [], violations: [] });
  });

  it("keeps the count of its attempts when its second worker hands it back", async () => {
    await bench.writeTemplate({ build: bench.pause });
    const worker = await bench.worker();
    bench.bakery.cloud.faults.add(quota(1));
    const build = submit();
    await bench.reached();
    expect(await listed()).toMatchObject({ state: "running", attempts: 2 });
    worker.child.kill("SIGTERM");
    await worker.says("A second SIGTERM");
    worker.child.kill("SIGTERM");
    expect(await worker.ended(), worker.output()).toBe(0);
    expect(await listed()).toMatchObject({ state: "waiting", attempts: 2 });
    build.child.kill("SIGINT");
    expect(await build.ended(), build.output()).toBe(130);
    expect(await listed()).toMatchObject({ state: "cancelled", worker: null, attempts: 2 });
  });

  it("ends once and in our words when the engine has lost its hold on it meanwhile", async () => {
    await bench.writeTemplate({ build: bench.pause });
    const worker = await bench.worker();
    const build = submit();
    await bench.reached();
    await loseHolds();
    await bench.go();
    expect(await build.ended(), build.output()).toBe(0);
    await worker.says(": done");
    worker.child.kill("SIGTERM");
    expect(await worker.ended(), worker.output()).toBe(0);
    expect(worker.output()).not.toMatch(/BullMQ|lock|was nobody's/);
    expect(await listed()).toMatchObject({ state: "done" });
    const states = ["active", "completed", "failed"].map((state) =>
      bench.fleet.redis.keys(`outscale-chroot:*:${state}`),
    );
    expect((await Promise.all(states)).map(({ length }) => length)).toEqual([0, 1, 0]);
  });

  it("is taken back when it is cancelled in the pause before the next attempt", async () => {
    await bench.writeTemplate();
    await bench.worker();
    bench.bakery.cloud.faults.add(quota(100));
    const build = submit("-retry-delay", "15m");
    await build.says("Attempt 2 of 3 begins in");
    build.child.kill("SIGINT");
    expect(await build.ended(), build.output()).toBe(130);
    expect(await bench.bakery.leftovers()).toEqual(nothing);
    expect(await listed()).toMatchObject({ state: "cancelled", error: "E_CANCELLED", worker: null, attempts: 1 });
  });

  it("is refused with a number or a pause that is none", async () => {
    await bench.writeTemplate();
    for (const [flag, value] of [
      ["-retries", "eleven"],
      ["-retries", "11"],
      ["-retry-delay", "soon"],
      ["-retry-delay", "1h"],
    ] as const) {
      const build = submit(flag, value);
      expect(await build.ended()).toBe(2);
      expect(build.output()).toContain(`not "${value}"`);
    }
  });
});

/** What the engine has of each job at work runs out, as when nobody could renew it for a minute. */
async function loseHolds(): Promise<void> {
  expect(await bench.fleet.redis.del(await bench.fleet.redis.keys("outscale-chroot:*:lock"))).toBeGreaterThan(0);
}

/** The process that a worker has for its one build. */
async function jobProcessOf(worker: number): Promise<number> {
  const children = await readFile(`/proc/${worker}/task/${worker}/children`, "utf8");
  const [job] = children.trim().split(" ");
  expect(await readdir(`/proc/${job}`)).not.toEqual([]);
  return Number(job);
}
