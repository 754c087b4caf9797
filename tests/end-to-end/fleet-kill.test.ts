import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Bakery, openBakery } from "../support/bake/bake.ts";
import { type Fleet, openFleet } from "../support/fleet/fleet.ts";
import { templateText } from "../support/fleet/fleet-bench.ts";
import { startVmWorker, type VmWorker } from "../support/fleet/lost-vm.ts";
import type { Running } from "../support/program/running.ts";
import { Random } from "../support/suite/random.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";
import { isWholeSweep } from "../support/suite/sample.ts";

const describe = requirePrograms(...buildPrograms, "redis-server");

/** Builds, and blows while they run: one is submitted after each blow, and the others before the first. */
const [BUILDS, BLOWS] = isWholeSweep ? [20, 16] : [5, 3];
const WORKERS = 3;
const seed = Number(process.env.OUTSCALE_CHROOT_SEED ?? 1);
const random = new Random(seed);

let bakery: Bakery;
let fleet: Fleet;
/** By the numbers of their VMs. A VM that was terminated is in no later one's place. */
const workers = new Map<number, VmWorker>();
let nextVm = 1;
const blows: string[] = [];

beforeAll(async () => {
  bakery = await openBakery("fleet-kill-test", { vms: 1 + WORKERS + BLOWS });
  const durable = { appendonly: "yes", appendfsync: "always" };
  fleet = await openFleet(bakery.folder, join(bakery.folder, "cloud"), durable);
  await mkdir(join(bakery.folder, "mnt"));
});
afterAll(async () => {
  for (const worker of workers.values()) await worker.cutPower();
  await fleet.close();
  await bakery.close();
});

async function startWorker(number = nextVm++): Promise<void> {
  workers.set(number, await startVmWorker({ bakery, fleet }, number, ["-slots", "2"]));
}

interface Submitted {
  readonly id: string;
  readonly name: string;
  readonly submitter: Running;
  isKilled: boolean;
}

async function submit(number: number): Promise<Submitted> {
  const name = `web-${number}`;
  const folder = join(bakery.folder, name);
  await mkdir(folder);
  const build = `provisioner "shell" { inline = ["sleep 0.5", "echo the last line of ${name}"] }`;
  await writeFile(join(folder, "web.pkr.hcl"), templateText(bakery.folder, { source: `omi_name = "${name}"`, build }));
  const submitter = fleet.run(["build", "-queue", fleet.url, "web.pkr.hcl"], { folder });
  await submitter.says("Submitted to");
  const id = /Submitted to \S+ as ([0-9a-f]{16})/.exec(submitter.output())?.[1] ?? "";
  return { id, name, submitter, isKilled: false };
}

/** One blow at something that runs. */
async function strike(builds: readonly Submitted[]): Promise<void> {
  const kind = ["worker", "vm", "redis", "submitter", "pause"][random.below(5)] ?? "worker";
  const [number, worker] = [...workers][random.below(workers.size)] ?? [0, undefined];
  blows.push(`${kind} ${number}`);
  if (kind === "redis") return fleet.replaceRedis();
  if (kind === "submitter") {
    const victim = builds[random.below(builds.length)];
    victim?.submitter.child.kill("SIGKILL");
    if (victim !== undefined) victim.isKilled = true;
    return;
  }
  if (worker === undefined) return;
  if (kind === "pause") {
    worker.hold();
    await pause(4_000);
    worker.goOn();
    return;
  }
  await worker.cutPower();
  workers.delete(number);
  if (kind === "vm") bakery.cloud.setVmState(worker.vmId, "terminated");
  await startWorker(kind === "vm" ? undefined : number);
}

/** A moment of chance: what happens then is not what is waited for. */
const pause = (most: number) => new Promise((resolve) => setTimeout(resolve, random.below(most)));

async function ask(...argv: readonly string[]) {
  const run = fleet.run(["fleet", ...argv, "-queue", fleet.url]);
  return { code: await run.ended(), output: run.output() };
}

describe("a fleet whose workers, VMs, Redis and submitters are killed at random", () => {
  it("ends every build once, loses none, doubles none, and leaves nothing", async () => {
    for (let count = 0; count < WORKERS; count++) await startWorker();
    const builds: Submitted[] = [];
    const startedAt = Date.now();
    for (let number = 1; number <= BUILDS - BLOWS; number++) builds.push(await submit(number));
    for (let blow = 1; blow <= BLOWS; blow++) {
      await pause(4_000);
      await strike(builds);
      builds.push(await submit(BUILDS - BLOWS + blow));
    }
    for (const { id, name, submitter, isKilled } of builds) {
      const what = `${name}, seed ${seed}, blows ${blows.join(", ")}`;
      const logs = await ask("logs", "-follow", id);
      expect(logs.code, `${what}\n${logs.output}`).toBe(0);
      if (!isKilled) expect(await submitter.ended(), `${what}\n${submitter.output()}`).toBe(0);
      const isWhole = logs.output.includes(`the last line of ${name}`) && logs.output.includes("is ready");
      const isLossSaid = /perhaps the last of its output|Output is missing|begins it anew/.test(logs.output);
      expect(isWhole || isLossSaid, `${what}\n${logs.output}`).toBe(true);
    }
    const { builds: listed } = JSON.parse((await ask("builds", "-json")).output);
    expect(listed.map(({ state }: { readonly state: string }) => state)).toEqual(builds.map(() => "done"));
    const { images, snapshots, ...rest } = await bakery.leftovers();
    expect(images.map((image) => image.split(" ")[1]).sort()).toEqual(builds.map(({ name }) => name).sort());
    expect(snapshots).toHaveLength(BUILDS);
    await bakery.cloud.idle();
    expect(rest).toMatchObject({ volumes: [], links: [], mounts: [], violations: [] });
    expect(await fleet.redis.keys("*:journals")).toEqual([]);
    for (const number of workers.keys()) {
      expect(await readdir(join(bakery.folder, `vm-${number}`, "runs")).catch(() => [])).toEqual([]);
    }
    console.log(
      `fleet-kill, seed ${seed}: ${BUILDS} builds, ${BLOWS} blows (${blows.join(", ")}), ${Math.round((Date.now() - startedAt) / 1_000)} s`,
    );
  });
});
