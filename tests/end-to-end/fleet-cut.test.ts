import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type FleetBench, openFleetBench, templateText } from "../support/fleet/fleet-bench.ts";
import { startVmWorker, type VmWorker } from "../support/fleet/lost-vm.ts";
import { openWire, type Wire } from "../support/fleet/wire.ts";
import type { Running } from "../support/program/running.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms(...buildPrograms, "redis-server", "ip", "setpriv");
const LINES = 200;

let wire: Wire;
let bench: FleetBench;
/** Over the wire. Without it, the fleet's own address is a socket. */
let url: string;
let queue: string;
const workers: VmWorker[] = [];

beforeAll(async () => {
  wire = await openWire();
  const settings = { bind: wire.address, port: "6379", "protected-mode": "no" };
  bench = await openFleetBench("fleet-cut-test", { vms: 4 }, settings, wire.enter);
  url = `redis://${wire.address}:6379`;
  queue = `${bench.bakery.cloud.account("builder").id}.eu-west-2`;
});
afterEach(async () => {
  wire.mend();
  for (const worker of workers.splice(0)) await worker.cutPower();
  await bench.clear();
});
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  await wire?.close();
});

async function worker(number: number, way: string): Promise<VmWorker> {
  const started = await startVmWorker({ ...bench, url: way }, number, ["-slots", "2"]);
  workers.push(started);
  return started;
}

interface Submitted {
  readonly id: string;
  readonly name: string;
  readonly build: Running;
  /** Waits until it has come to its pause. */
  reached(): Promise<void>;
  /** Ends the pause; what it says comes after that. */
  go(): Promise<void>;
}

async function submit(name: string, way: string): Promise<Submitted> {
  const folder = join(bench.bakery.folder, name);
  await mkdir(folder);
  const [reachedFile, goFile] = [join(folder, "reached"), join(folder, "go")];
  const pause = `inline = ["touch ${reachedFile}", "until [ -e ${goFile} ]; do sleep 0.05; done"]`;
  const says = `inline = ["for number in $(seq ${LINES}); do echo ${name} says $number; done"]`;
  const build = `provisioner "shell-local" { ${pause} }\n provisioner "shell" { ${says} }`;
  const text = templateText(bench.bakery.folder, { source: `omi_name = "${name}"`, build });
  await writeFile(join(folder, "web.pkr.hcl"), text);
  const running = bench.fleet.run(["build", "-queue", way, "web.pkr.hcl"], { folder });
  await running.says("Submitted to");
  const isThere = () => stat(reachedFile).then(Boolean, () => false);
  return {
    id: /Submitted to \S+ as ([0-9a-f]{16})/.exec(running.output())?.[1] ?? "",
    ...{ name, build: running },
    reached: () => expect.poll(isThere).toBe(true),
    go: () => writeFile(goFile, ""),
  };
}

/** It went well, and everything that it has said is there once, in its order. */
async function expectWhole({ name, build }: Submitted): Promise<void> {
  expect(await build.ended(), build.output()).toBe(0);
  const said = [...build.output().matchAll(new RegExp(`${name} says (\\d+)$`, "gm"))].map(([, number]) =>
    Number(number),
  );
  expect(said).toEqual(Array.from({ length: LINES }, (_, index) => index + 1));
  expect(build.output()).not.toContain("Output is missing");
  expect(build.output().match(/The OMI \S+ is ready/g)).toHaveLength(1);
}

async function expectProducts(...names: readonly string[]): Promise<void> {
  const { images, snapshots, ...rest } = await bench.bakery.leftovers();
  expect(images.map((image) => image.split(" ")[1]).sort()).toEqual([...names].sort());
  expect(snapshots).toHaveLength(names.length);
  expect(rest).toMatchObject({ volumes: [], links: [], mounts: [], violations: [] });
  expect(await bench.fleet.redis.keys("*:journals")).toEqual([]);
}

/** The engine's hold on a job: it decides nothing, and is long gone when nobody could renew it. */
const isHeld = ({ id }: Submitted) => bench.fleet.redis.exists(`outscale-chroot:${queue}:${id}:lock`);

describe("a network that is cut, so that packets vanish and nobody is told", () => {
  it("keeps its builds for a worker behind it, and keeps that from publishing one that it has lost", async () => {
    const behind = await worker(1, url);
    const kept = await submit("kept", bench.fleet.url);
    const lost = await submit("lost", bench.fleet.url);
    await kept.reached();
    await lost.reached();
    expect([await isHeld(kept), await isHeld(lost)]).toEqual([1, 1]);
    const other = await worker(2, bench.fleet.url);
    wire.cut();
    await behind.says("The connection to the queue is lost: nothing has come from it for 30 s");
    await expect.poll(async () => [await isHeld(kept), await isHeld(lost)]).toEqual([0, 0]);
    // What the worker itself would do at its next start, which nobody does here: its hold on one build is taken away.
    expect(await bench.fleet.redis.del(`outscale-chroot:fleet:${queue}:claim:${lost.id}`)).toBe(1);
    await other.says(`Build ${lost.id} had no worker: it begins anew`);
    await lost.go();
    await expectWhole(lost);
    expect(lost.build.output()).toContain("begins it anew");
    await kept.go();
    wire.mend();
    await expectWhole(kept);
    expect(kept.build.output()).not.toContain("begins it anew");
    expect(other.output()).not.toContain(kept.id);
    await behind.says(`Build ${lost.id} of outscale-chroot.web is not this worker's any more`);
    expect(behind.output()).toContain("The connection to the queue is there again");
    expect(behind.output().match(/The connection to the queue is lost/g)).toHaveLength(1);
    expect(behind.output()).not.toContain("BullMQ");
    await expectProducts("kept", "lost");
    for (const each of workers.splice(0)) {
      expect(await each.stopped(), each.output()).toBe(0);
    }
    expect(await readdir(join(bench.bakery.folder, "vm-1/runs"))).toEqual([]);
  });

  it("has a submitter behind it resume, with nothing said twice or lost", async () => {
    const baking = await worker(3, bench.fleet.url);
    const web = await submit("web", url);
    await web.reached();
    wire.cut();
    await web.build.says("The connection to the queue is lost: nothing has come from it for 30 s");
    await web.go();
    await baking.says(`Build ${web.id} of outscale-chroot.web: done`);
    wire.mend();
    await expectWhole(web);
    expect(web.build.output()).toContain("The connection to the queue is there again");
    await expectProducts("web");
  });
});
