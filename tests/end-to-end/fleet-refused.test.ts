import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type FleetBench, openFleetBench } from "../support/fleet/fleet-bench.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms(...buildPrograms, "redis-server");

let bench: FleetBench;
beforeAll(async () => {
  bench = await openFleetBench("fleet-refused", {}, { databases: "2" });
  await bench.writeTemplate();
});
afterEach(async () => {
  await bench.fleet.redis.config("SET", "maxmemory", "0");
  await bench.fleet.redis.replicaof("NO", "ONE");
});
afterAll(() => bench[Symbol.asyncDispose]());

const PLACE = ["-account", "123456789012", "-region", "eu-west-2"];
const WRITING: readonly (readonly string[])[] = [
  ["build", ...PLACE, "web.pkr.hcl"],
  ["build", "-detach", ...PLACE, "web.pkr.hcl"],
  ["fleet", "schedule", "add", "-cron", "@daily", ...PLACE, "web.pkr.hcl"],
  ["worker", "-local", "-local-state", "cloud"],
];

async function run(argv: readonly string[], url = bench.fleet.url) {
  const env = { OUTSCALE_CHROOT_STATE: `${bench.bakery.folder}/worker` };
  const own = argv.map((each) => (each === "cloud" ? `${bench.bakery.folder}/cloud` : each));
  const started = bench.fleet.run([...own, "-queue", url], { folder: bench.folder, env });
  return { code: await started.ended(), output: started.output() };
}

describe("a place that nobody builds for", () => {
  it("is refused when there can be none such", async () => {
    for (const place of [
      ["-account", "acme", "-region", "eu-west-2"],
      ["-account", "123456789012", "-region", "eu west"],
      ["-account", "123456789012.eu-west-2", "-region", "arm"],
    ]) {
      const { code, output } = await run(["build", "-detach", ...place, "web.pkr.hcl"]);
      expect([code, output]).toEqual([2, expect.stringContaining("There is no account")]);
    }
    expect(await bench.fleet.redis.keys("*")).toEqual([]);
  });

  it("is told as one when a build is submitted there, and when it is only looked for", async () => {
    const detached = await run(["build", "-detach", ...PLACE, "web.pkr.hcl"]);
    const waits = "No worker is there for 123456789012.eu-west-2";
    expect([detached.code, detached.output]).toEqual([0, expect.stringContaining(waits)]);
    const attached = bench.fleet.run(["build", "-queue", bench.fleet.url, ...PLACE, "web.pkr.hcl"], {
      folder: bench.folder,
    });
    await attached.says(waits);
    attached.child.kill("SIGINT");
    expect(await attached.ended()).toBe(130);
    const lookedFor = await run(["build", "-label", "arm", "-region", "eu-west-2", "web.pkr.hcl"]);
    expect([lookedFor.code, lookedFor.output]).toEqual([
      16,
      expect.stringContaining("for these builds, which are for eu-west-2 and with the label arm"),
    ]);
  });
});

describe("a Redis that refuses", () => {
  it.each(WRITING)("because it is full ends %s %s with its reason and what can be done", async (...argv) => {
    await bench.fleet.redis.config("SET", "maxmemory", "1");
    const { code, output } = await run(argv);
    expect(output).toMatch(/Error: The queue refuses what it was asked: OOM .*\n(.*\n)?.* hint +it is full/);
    expect([code, output]).toEqual([16, expect.not.stringContaining("Bug")]);
  });

  it.each(WRITING)("because it is a replica ends %s %s with its reason and what can be done", async (...argv) => {
    await bench.fleet.redis.replicaof("127.0.0.1", 1);
    const { code, output } = await run(argv);
    expect(output).toMatch(/Error: The queue refuses what it was asked: READONLY .*\n(.*\n)?.* hint +it is a replica/);
    expect([code, output]).toEqual([16, expect.not.stringContaining("Bug")]);
  });
});
