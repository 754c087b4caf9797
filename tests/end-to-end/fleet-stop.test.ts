import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { nothing } from "../support/bake/bake.ts";
import { type FleetBench, openFleetBench } from "../support/fleet/fleet-bench.ts";
import type { Running } from "../support/program/running.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms(...buildPrograms, "redis-server");

let bench: FleetBench;

beforeAll(async () => {
  bench = await openFleetBench("fleet-stop-test", {}, { appendonly: "yes", appendfsync: "always" });
});
afterEach(async () => {
  bench.bakery.cloud.faults.clear();
  await bench.fleet.replaceRedis();
  await bench.clear();
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

async function submit(...argv: readonly string[]): Promise<{ readonly build: Running; readonly id: string }> {
  const { fleet, folder } = bench;
  const build = fleet.run(["build", "-queue", fleet.url, ...argv, "web.pkr.hcl"], { folder });
  await build.says("Submitted to");
  return { build, id: /Submitted to \S+ as ([0-9a-f]{16})/.exec(build.output())?.[1] ?? "" };
}

/** Two of them, as somebody sends them who sees that the first does not end it. */
async function stopTwice(worker: Running): Promise<void> {
  worker.child.kill("SIGTERM");
  await worker.says("A second SIGTERM");
  worker.child.kill("SIGTERM");
}

/** The number of the connection on which somebody waits by this command. */
async function waitingBy(command: string): Promise<string | undefined> {
  const clients = String(await bench.fleet.redis.client("LIST")).split("\n");
  const waiting = clients.find((client) => client.includes(` cmd=${command} `));
  return /^id=(\d+) /.exec(waiting ?? "")?.[1];
}

/** Cuts a connection, and keeps it from coming back: until it has been refused so often that the pause before another try is long. */
async function cutForGood(command: string): Promise<void> {
  const { redis } = bench.fleet;
  const refused = async () => Number(/rejected_connections:(\d+)/.exec(await redis.info("stats"))?.[1]);
  let id: string | undefined;
  await expect.poll(async () => (id = await waitingBy(command))).toBeDefined();
  await redis.config("SET", "maxclients", "1");
  const before = await refused();
  await redis.call("CLIENT", "KILL", "ID", id ?? "");
  await expect.poll(refused).toBeGreaterThan(before + 8);
}

describe("a worker that is to end when one of its connections is not there again", () => {
  it.each([
    { waits: "for builds", command: "bzpopmin" },
    { waits: "for what submitters wish", command: "xread" },
  ])("ends at one SIGTERM without the one on which it waits $waits", async ({ command }) => {
    const worker = await bench.worker();
    await cutForGood(command);
    expect(await worker.stopped(), worker.output()).toBe(0);
    expect(worker.output()).toContain("The worker ends");
    expect(worker.output()).not.toContain("The queue cannot be reached");
  });
});

describe("a worker that is to end when its queue is gone", () => {
  it("ends at one SIGTERM when it has no build, and is started again later", async () => {
    const worker = await bench.worker();
    await bench.fleet.killRedis();
    expect(await worker.stopped(), worker.output()).toBe(0);
    expect(worker.output()).toMatch(/The queue cannot be reached, so it was not told that the worker w-\w+ ends/);
    await bench.fleet.replaceRedis();
    await bench.worker();
  });

  it("takes down its build at the second, ends, and gives the build back when it is started again", async () => {
    await bench.writeTemplate({ build: `${bench.pause}\n provisioner "shell" { inline = ["echo last line"] }` });
    const worker = await bench.worker();
    const { build, id } = await submit();
    await bench.reached();
    await bench.fleet.killRedis();
    await stopTwice(worker);
    expect(await worker.ended(), worker.output()).toBe(16);
    expect(worker.output()).toContain(`The queue cannot be reached, so it was not told what became of the build ${id}`);
    expect(await bench.bakery.leftovers()).toEqual(nothing);
    await bench.fleet.replaceRedis();
    await bench.go();
    await bench.worker();
    expect(await build.ended(), build.output()).toBe(0);
    expect(build.output()).toContain("and begins it anew");
    expect(build.output().match(/last line/g)).toHaveLength(1);
    expect((await bench.bakery.leftovers()).images).toHaveLength(1);
  });

  it("does not make a build wait that asks the queue before it makes something", async () => {
    await bench.writeTemplate({ build: bench.pause });
    const worker = await bench.worker();
    const { build } = await submit();
    await bench.reached();
    await bench.fleet.killRedis();
    const { requests } = bench.bakery.cloud;
    const callsBefore = requests.length;
    await bench.go();
    await worker.says("connection to the queue is lost");
    // The next thing that it makes is the snapshot, and the queue has to know of it first.
    await expect.poll(() => requests.slice(callsBefore).map(({ action }) => action)).toContain("UnlinkVolume");
    await stopTwice(worker);
    expect(await worker.ended(), worker.output()).toBe(16);
    expect(await bench.bakery.leftovers()).toEqual(nothing);
    await bench.fleet.replaceRedis();
    await bench.worker();
    expect(await build.ended(), build.output()).toBe(0);
    expect((await bench.bakery.leftovers()).images).toHaveLength(1);
  });

  it("tells of a build that was done when it is started again", async () => {
    await bench.writeTemplate();
    const worker = await bench.worker();
    // The last call of a build, which is tried again and again.
    bench.bakery.cloud.faults.add({ kind: "throttled", action: "DeleteTags", times: 500 });
    const { requests } = bench.bakery.cloud;
    const callsBefore = requests.length;
    const { build } = await submit("-result", "result.json");
    const isTold = () => requests.slice(callsBefore).some(({ action }) => action === "DeleteTags");
    await expect.poll(isTold).toBe(true);
    await bench.fleet.killRedis();
    bench.bakery.cloud.faults.clear();
    await stopTwice(worker);
    expect(await worker.ended(), worker.output()).toBe(16);
    await bench.fleet.replaceRedis();
    const again = await bench.worker();
    expect(await build.ended(), build.output()).toBe(0);
    expect(again.output()).toContain("came to its end when this worker was gone: done");
    const [image = ""] = (await bench.bakery.leftovers()).images;
    const { builds } = JSON.parse(await readFile(join(bench.folder, "result.json"), "utf8"));
    expect(builds[0]).toMatchObject({ outcome: "done", artifact: { imageId: image.split(" ")[0] } });
  });
});

describe("a command that somebody ends while the queue is gone", () => {
  it("is fleet logs at one signal, and a build at the second, which may go on and be cancelled later", async () => {
    await bench.writeTemplate({ build: bench.pause });
    const worker = await bench.worker();
    const { build, id } = await submit();
    await bench.reached();
    const logs = bench.fleet.run(["fleet", "logs", "-queue", bench.fleet.url, "-follow", id]);
    await logs.says("has it");
    await bench.fleet.killRedis();
    await build.says("connection to the queue is lost");
    logs.child.kill("SIGINT");
    expect(await logs.ended(), logs.output()).toBe(130);
    build.child.kill("SIGINT");
    await build.says("A second signal leaves the build to it");
    build.child.kill("SIGINT");
    expect(await build.ended(), build.output()).toBe(16);
    expect(build.output()).toContain(`The queue cannot be reached: build ${id} may go on, or begin`);
    await worker.says("connection to the queue is lost");
    await bench.fleet.replaceRedis();
    const { code, output } = await bench.ask("fleet", "cancel", id);
    expect(code, output).toBe(0);
    expect((await bench.ask("fleet", "logs", "-follow", id)).code).toBe(130);
    expect(await bench.bakery.leftovers()).toEqual(nothing);
  });
});
