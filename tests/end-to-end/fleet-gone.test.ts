import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type FleetBench, openFleetBench } from "../support/fleet/fleet-bench.ts";
import { keptRecord } from "../support/fleet/kept-record.ts";
import { startVmWorker, type VmWorker } from "../support/fleet/lost-vm.ts";
import type { Running } from "../support/program/running.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms(...buildPrograms, "redis-server");

let bench: FleetBench;
const workers: VmWorker[] = [];
/** One for each worker: none comes back. */
let nextVm = 1;

beforeAll(async () => {
  bench = await openFleetBench("fleet-gone-test", { vms: 12 });
});
afterEach(async () => {
  bench.bakery.cloud.faults.clear();
  for (const worker of workers.splice(0)) await worker.cutPower();
  await bench.clear();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

async function worker(number = nextVm++): Promise<VmWorker> {
  const started = await startVmWorker(bench, number);
  workers.push(started);
  return started;
}

function submit(...argv: readonly string[]): Running {
  const { fleet, folder } = bench;
  return fleet.run(["build", "-queue", fleet.url, ...argv, "web.pkr.hcl"], { folder });
}

async function called(action: string, callsBefore: number): Promise<void> {
  const isIt = (request: { readonly action: string }) => request.action === action;
  await expect.poll(() => bench.bakery.cloud.requests.slice(callsBefore).some(isIt)).toBe(true);
}

/** How often the account was asked for a VM besides another. */
function looksFor(vmId: string): number {
  const bodies = bench.bakery.cloud.requests.map(({ action, body }) =>
    action === "ReadVms" ? JSON.stringify(body) : "",
  );
  return bodies.filter((body) => body.includes(`"${vmId}",`)).length;
}

async function expectOneProduct(): Promise<void> {
  const { images, snapshots, ...rest } = await bench.bakery.leftovers();
  expect([images, snapshots]).toEqual([[expect.stringMatching(/ web$/)], [expect.any(String)]]);
  expect(rest).toMatchObject({ volumes: [], links: [], mounts: [], violations: [] });
  const [image] = (await bench.bakery.api.readImages({ Filters: { ImageNames: ["web"] } })).Images;
  expect(image?.Tags).toEqual([]);
  // They go when the build has been told of.
  await expect.poll(() => bench.fleet.redis.keys("*:journals")).toEqual([]);
}

describe("a build whose VM is gone for good", () => {
  it("is done by another worker, after that has taken down what was left", async () => {
    await bench.writeTemplate({ build: `${bench.pause}\n provisioner "shell" { inline = ["echo last line"] }` });
    const lost = await worker();
    const build = submit();
    await bench.reached();
    await lost.cutPower();
    expect((await bench.bakery.leftovers()).volumes).toHaveLength(1);
    const other = await worker();
    await bench.go();
    bench.bakery.cloud.setVmState(lost.vmId, "terminated");
    expect(await build.ended(), build.output()).toBe(0);
    expect(build.output()).toContain(`The VM ${lost.vmId} of the worker`);
    expect(build.output()).toContain("What it had made is taken down");
    expect(build.output().match(/last line/g)).toHaveLength(1);
    expect(other.output()).toContain("Deleting the volume");
    await expectOneProduct();
  });

  it("ends once, with its OMI, when that was published and nobody had been told", async () => {
    await bench.writeTemplate();
    const lost = await worker();
    // The last call of a build, which is tried again and again.
    bench.bakery.cloud.faults.add({ kind: "throttled", action: "DeleteTags", times: 500 });
    const callsBefore = bench.bakery.cloud.requests.length;
    const build = submit("-result", "result.json");
    await called("DeleteTags", callsBefore);
    await expect.poll(async () => (await keptRecord(bench))?.product).toBeDefined();
    await lost.cutPower();
    bench.bakery.cloud.faults.clear();
    await worker();
    bench.bakery.cloud.setVmState(lost.vmId, "terminated");
    expect(await build.ended(), build.output()).toBe(0);
    const [image = ""] = (await bench.bakery.leftovers()).images;
    expect(build.output()).toContain(`The OMI ${image.split(" ")[0]} was whole`);
    const { builds } = JSON.parse(await readFile(join(bench.folder, "result.json"), "utf8"));
    expect(builds[0]).toMatchObject({ outcome: "done", artifact: { imageId: image.split(" ")[0] } });
    expect(build.output()).not.toContain("begins it anew");
    await expectOneProduct();
  });

  it("is done anew when its OMI was registered and not finished: that goes first, and the name is free", async () => {
    await bench.writeTemplate({ source: 'omi_name = "web"\n omi_account_ids = ["123456789012"]' });
    const lost = await worker();
    // What an OMI gets after it was registered, and what goes meanwhile: it would be looked for for two minutes.
    for (const action of ["UpdateImage", "DeleteVolume"])
      bench.bakery.cloud.faults.add({ kind: "throttled", action, times: 500 });
    const callsBefore = bench.bakery.cloud.requests.length;
    const build = submit();
    await called("UpdateImage", callsBefore);
    const [image] = (await bench.bakery.api.readImages({ Filters: { ImageNames: ["web"] } })).Images;
    expect(image?.Tags).toEqual([{ Key: "outscale-chroot:run", Value: expect.any(String) }]);
    await lost.cutPower();
    bench.bakery.cloud.faults.clear();
    const other = await worker();
    bench.bakery.cloud.setVmState(lost.vmId, "terminated");
    expect(await build.ended(), build.output()).toBe(0);
    expect(other.output()).toContain("Deregistering the OMI");
    expect(build.output()).toContain("begins it anew");
    await expectOneProduct();
  });

  it("is left alone while the account shows its VM as running, however silent it is", async () => {
    await bench.writeTemplate({ build: bench.pause });
    const silent = await worker();
    const build = submit();
    await bench.reached();
    silent.hold();
    const other = await worker();
    await expect.poll(() => looksFor(silent.vmId)).toBeGreaterThan(2);
    await bench.go();
    silent.goOn();
    expect(await build.ended(), build.output()).toBe(0);
    expect(build.output()).not.toContain("begins it anew");
    expect(other.output()).not.toContain("is gone");
    await expectOneProduct();
  });

  it("waits, and says so, while its VM is stopped: it may be started again", async () => {
    await bench.writeTemplate({ build: bench.pause });
    const vm = nextVm++;
    const lost = await worker(vm);
    const build = submit();
    await bench.reached();
    await lost.cutPower();
    bench.bakery.cloud.setVmState(lost.vmId, "stopped");
    const other = await worker();
    await build.says("is stopped. Start it with its worker");
    expect(other.output()).not.toContain("Deleting");
    bench.bakery.cloud.setVmState(lost.vmId, "running");
    await bench.go();
    await worker(vm);
    expect(await build.ended(), build.output()).toBe(0);
    expect(build.output()).toContain("begins it anew");
    await expectOneProduct();
  });
});
