import { readFileSync } from "node:fs";
import { Queue } from "bullmq";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type FleetBench, openFleetBench } from "../support/fleet/fleet-bench.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms(...buildPrograms, "redis-server");

const GARBAGE = 10_000;

let bench: FleetBench;
beforeAll(async () => {
  bench = await openFleetBench("fleet-flood-test");
});
afterEach(() => bench.clear());
afterAll(() => bench[Symbol.asyncDispose]());

/** The most memory that a process has had, in MiB. */
function mostMemoryMib(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

describe("a worker", () => {
  it("outlives a flood of jobs that nobody of the fleet has sent, in bounded memory, and does the next build", async () => {
    await bench.writeTemplate();
    const worker = await bench.worker();
    const [name = ""] = await bench.fleet.redis.smembers("outscale-chroot:fleet:queues");
    const queue = new Queue(name, { connection: bench.fleet.redis, prefix: "outscale-chroot" });
    const data = { sealed: `1.00000000.1.${"A".repeat(10_000)}` };
    for (let sent = 0; sent < GARBAGE; sent += 1_000)
      await queue.addBulk(
        Array.from({ length: 1_000 }, (_, index) => ({ name: "build", data, opts: { jobId: `f${sent + index}` } })),
      );
    const build = await bench.ask("build", "web.pkr.hcl");
    expect(build.code, build.output).toBe(0);
    expect(await queue.getFailedCount()).toBe(GARBAGE);
    expect(worker.output()).toContain("it is sealed with the key 00000000, which is not known here");
    expect(mostMemoryMib(worker.child.pid ?? 0)).toBeLessThan(400);
    await queue.close();
  });
});

describe("a build on a fleet", () => {
  it("is skipped when nothing has changed, and replaces an OMI with -force", async () => {
    await bench.writeTemplate({ build: `provisioner "shell" { inline = ["echo anything"] }` });
    await bench.worker();
    const first = await bench.ask("build", "-skip-unchanged", "web.pkr.hcl");
    expect(first.code, first.output).toBe(0);
    const [before] = (await bench.bakery.leftovers()).images;
    const second = await bench.ask("build", "-skip-unchanged", "web.pkr.hcl");
    expect(second.code, second.output).toBe(0);
    expect((await bench.bakery.leftovers()).images).toEqual([before]);
    const taken = await bench.ask("build", "web.pkr.hcl");
    expect([taken.code, taken.output]).toEqual([4, expect.stringContaining("already has an OMI named")]);
    const forced = await bench.ask("build", "-force", "web.pkr.hcl");
    expect(forced.code, forced.output).toBe(0);
    const after = (await bench.bakery.leftovers()).images;
    expect(after).toEqual([expect.stringMatching(/ web$/)]);
    expect(after).not.toEqual([before]);
  });
});
