import { Queue } from "bullmq";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type FleetBench, openFleetBench } from "../support/fleet/fleet-bench.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms(...buildPrograms, "redis-server");

let bench: FleetBench;
beforeAll(async () => {
  bench = await openFleetBench("fleet-schedule");
});
afterEach(() => bench.clear());
afterAll(() => bench[Symbol.asyncDispose]());

interface Listed {
  readonly name: string;
  readonly queue: string;
  readonly last: { readonly due: number; readonly builds: readonly { id: string; outcome: string }[] } | null;
}

async function list(): Promise<readonly Listed[]> {
  const { output } = await bench.ask("fleet", "schedule", "list", "-json");
  return JSON.parse(output).schedules;
}

const add = (...argv: readonly string[]) => bench.ask("fleet", "schedule", "add", ...argv, "web.pkr.hcl");

describe("fleet schedule", () => {
  it("has a template baked when it is due, with the time that it is due at, and shows what became of it", async () => {
    await bench.writeTemplate({
      source: `omi_name = "web-{{timestamp}}"`,
      build: `post-processor "manifest" {}`,
    });
    const worker = await bench.worker();
    const { code, output } = await add("-cron", "* * * * *", "-tz", "Europe/Paris", "-group", "ops");
    expect(code, output).toBe(0);
    expect(output).toMatch(
      /The schedule web of \d+\.eu-west-2 is added: outscale-chroot\.web\n( {2}.*Europe\/Paris \(.* UTC\)\n){3}/,
    );
    expect(output).toContain("Warning: outscale-chroot.web has post-processors, which do not run");
    let last: Listed["last"] = null;
    await expect
      .poll(async () => {
        last = (await list())[0]?.last ?? null;
        return last?.builds[0]?.outcome;
      })
      .toBe("done");
    const due = (last as Listed["last"])?.due ?? 0;
    expect((await bench.bakery.leftovers()).images[0]).toContain(` web-${due / 1_000}`);
    // A minute later the next one is under way.
    expect((await bench.ask("fleet", "schedule", "list")).output).toMatch(
      /web .* \* \* \* \* \* +Europe\/Paris .* \w+\n/,
    );
    const { builds } = JSON.parse((await bench.ask("fleet", "builds", "-json")).output);
    expect(builds.at(-1)).toMatchObject({ group: "ops", submitter: expect.stringMatching(/^schedule web of /) });
    expect((await bench.ask("fleet", "schedule", "rm", "web")).output).toBe("The schedule web is removed\n");
    expect(await list()).toEqual([]);
    expect(worker.output()).toContain("The schedule web was due at");
  });

  it("does nothing for who owns the Redis: not early, not twice, not when it was removed", async () => {
    await bench.writeTemplate();
    const worker = await bench.worker();
    expect((await add("-cron", "0 0 1 1 *")).code).toBe(0);
    const [{ queue = "" } = {}] = await list();
    const jobs = new Queue(queue, { connection: bench.fleet.redis, prefix: "outscale-chroot" });
    const wake = async () => {
      for (const job of await jobs.getDelayed()) await job.promote();
    };
    await wake();
    await worker.says("The schedule web is refused: it is not due");
    const key = `outscale-chroot:fleet:${queue}:schedules`;
    const sealed = (await bench.fleet.redis.hget(key, "web")) ?? "";
    expect((await bench.ask("fleet", "schedule", "rm", "web")).code).toBe(0);
    await bench.fleet.redis.hset(key, "web", sealed);
    await jobs.upsertJobScheduler("web", { pattern: "0 0 1 1 *" }, { name: "schedule" });
    await wake();
    await worker.says("The schedule web is refused: it was removed or replaced");
    await jobs.upsertJobScheduler("../web", { pattern: "0 0 1 1 *" }, { name: "schedule" });
    await wake();
    await worker.says("There is no schedule ../web any more");
    expect((await bench.ask("fleet", "builds")).output).toBe("There are no builds\n");
    await jobs.close();
  });

  it("is refused before anything is submitted when it can never be due, or its template is wrong", async () => {
    await bench.writeTemplate();
    const place = ["-account", "123456789012", "-region", "eu-west-2"];
    for (const [argv, message] of [
      [["-cron", "0 3 * *"], "it needs five fields"],
      [["-cron", "0 3 * * *", "-tz", "Nowhere"], "no time zone"],
      [["-cron", "0 3 * * *", "-name", "A B"], "-name must have"],
      [["-cron", "0 3 * * *", "-on-error", "ask"], "need a person"],
      [["-cron", "0 0 29 2 *", "-until", new Date().toISOString().slice(0, 10)], "does not come before"],
      [[], "-cron is not given"],
    ] as const) {
      expect(await add(...argv, ...place)).toMatchObject({ code: 2, output: expect.stringContaining(message) });
    }
    await bench.writeTemplate({ source: "omi_nam = 1" });
    expect((await add("-cron", "@daily", ...place)).code).toBe(4);
    expect(await bench.fleet.redis.keys("*schedules")).toEqual([]);
    await bench.writeTemplate();
    expect((await add("-cron", "@daily", ...place)).code).toBe(0);
    expect(await add("-cron", "@daily", ...place)).toMatchObject({
      code: 2,
      output: expect.stringContaining("There is a schedule web already"),
    });
    expect((await add("-cron", "@weekly", "-name", "web", ...place)).output).toContain("is replaced");
  });
});
