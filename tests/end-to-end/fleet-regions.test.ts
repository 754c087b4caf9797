import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { LocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { apiOf, censusOf } from "../support/bake/region-census.ts";
import { type FleetBench, openFleetBench } from "../support/fleet/fleet-bench.ts";
import { keptRecord } from "../support/fleet/kept-record.ts";
import { startVmWorker, type VmWorker } from "../support/fleet/lost-vm.ts";
import type { Running } from "../support/program/running.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms(...buildPrograms, "redis-server");
const source = `
  omi_name    = "web"
  omi_regions = ["us-east-2", "us-west-1"]
  region_copy {
    bucket        = "acme"
    create_bucket = true
  }`;

let bench: FleetBench;
let east: LocalCloud;
const workers: VmWorker[] = [];

beforeAll(async () => {
  bench = await openFleetBench("fleet-regions-test", { vms: 4, regions: ["eu-west-2", "us-east-2", "us-west-1"] });
  [, east] = bench.bakery.cloud.regions as [LocalCloud, LocalCloud, LocalCloud];
});
afterEach(async () => {
  east.faults.clear();
  for (const worker of workers.splice(0)) await worker.cutPower();
  for (const region of bench.bakery.cloud.regions) {
    await using api = apiOf(region);
    const AccountIds = [region.account("builder").id];
    for (const { ImageId } of (await api.readImages({ Filters: { AccountIds } })).Images)
      await api.deleteImage({ ImageId });
    await region.idle();
    const { Snapshots } = await api.readSnapshots({ Filters: { AccountIds } });
    for (const { SnapshotId } of Snapshots) await api.deleteSnapshot({ SnapshotId });
  }
  await bench.clear();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

async function worker(number: number): Promise<VmWorker> {
  const started = await startVmWorker(bench, number);
  workers.push(started);
  return started;
}

/** Whether the queue knows of a copy of the OMI that is whole. */
async function isCopyKept(): Promise<boolean> {
  return ((await keptRecord(bench))?.product?.copies ?? []).length > 0;
}

/** A build whose copy in us-east-2 does not get anywhere, when all the rest of it is there. */
async function submitHeld(): Promise<Running> {
  await bench.writeTemplate({ source });
  east.faults.add({ kind: "stuck", transition: "snapshot.importing", times: 100 });
  const { fleet, folder } = bench;
  const build = fleet.run(["build", "-queue", fleet.url, "-result", "result.json", "web.pkr.hcl"], { folder });
  const tooEarly = build.ended().then(() => expect.unreachable(build.output()));
  await Promise.race([expect.poll(isCopyKept).toBe(true), tooEarly]);
  return build;
}

async function expectEnd(build: Running, before: Awaited<ReturnType<typeof censusOf>>): Promise<void> {
  expect(await build.ended(), build.output()).toBe(16);
  const [image = ""] = (await bench.bakery.leftovers()).images;
  const imageId = image.split(" ")[0] ?? "";
  expect(build.output()).toContain(
    "The copy failed in us-east-2: the process of the build was lost before it was whole",
  );
  expect(build.output()).toContain(`outscale-chroot omi copy -to us-east-2 -bucket acme -create-bucket ${imageId}`);
  const { builds } = JSON.parse(await readFile(join(bench.folder, "result.json"), "utf8"));
  expect(builds[0]).toMatchObject({
    outcome: "failed",
    error: { code: "E_REGION_COPY", step: "StepCopyRegions" },
    artifact: { imageId, id: expect.stringMatching(/^eu-west-2:ami-\w+,us-west-1:ami-\w+$/) },
  });
  const after = await censusOf(bench.bakery.cloud);
  for (const [region, more] of [
    ["eu-west-2", 1],
    ["us-east-2", 0],
    ["us-west-1", 1],
  ] as const) {
    const { images = 0, snapshots = 0, ...rest } = before[region] ?? {};
    expect(after[region], region).toEqual({ ...rest, images: images + more, snapshots: snapshots + more });
  }
  // They go when the build has been told of.
  await expect.poll(() => bench.fleet.redis.keys("*:journals")).toEqual([]);
}

describe("a build that dies while it copies its OMI to other regions", () => {
  it("has failed when its VM is gone for good, with what stands and the way on", async () => {
    const before = await censusOf(bench.bakery.cloud);
    const lost = await worker(1);
    const build = await submitHeld();
    await lost.cutPower();
    east.faults.clear();
    await worker(2);
    bench.bakery.cloud.setVmState(lost.vmId, "terminated");
    await expectEnd(build, before);
    expect(build.output()).toMatch(/The OMI ami-\w+ was whole, and without a copy in us-east-2/);
  });

  it("has failed when its worker comes back, in the same way", async () => {
    const before = await censusOf(bench.bakery.cloud);
    const lost = await worker(3);
    const build = await submitHeld();
    await lost.cutPower();
    east.faults.clear();
    const again = await worker(3);
    await expectEnd(build, before);
    expect(again.output()).toContain("without a copy in us-east-2");
    expect(again.output()).toContain("came to its end when this worker was gone: failed");
  });
});
