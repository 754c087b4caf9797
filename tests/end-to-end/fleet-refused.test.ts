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
