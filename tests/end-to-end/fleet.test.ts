import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Queue } from "bullmq";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { makeKeyText, parseKeys } from "../../src/fleet/seal/fleet-key.ts";
import { Sealer } from "../../src/fleet/seal/seal.ts";
import { nothing } from "../support/bake/bake.ts";
import { type FleetBench, openFleetBench } from "../support/fleet/fleet-bench.ts";
import type { Running } from "../support/program/running.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms(...buildPrograms, "redis-server");

let bench: FleetBench;
let { bakery, fleet, folder, worker, reached, go, pause } = {} as FleetBench;
beforeAll(async () => {
  bench = await openFleetBench("fleet-test");
  ({ bakery, fleet, folder, worker, reached, go, pause } = bench);
});
afterEach(() => bench.clear());
afterAll(() => bench[Symbol.asyncDispose]());

async function writeTemplate(build: string): Promise<void> {
  await mkdir(join(folder, "scripts"), { recursive: true });
  await mkdir(join(bakery.folder, "shared"), { recursive: true });
  await writeFile(join(folder, "scripts/setup.sh"), "#!/bin/sh\necho the password is $PASSWORD\n");
  await writeFile(join(bakery.folder, "shared/outside.sh"), "#!/bin/sh\necho from outside\n");
  await writeFile(join(folder, "motd.tpl"), "made for ${who}");
  const top = `
variable "password" {
  type      = string
  sensitive = true
}
variable "who" { default = env("WHO") }`;
  await bench.writeTemplate({ top, build });
}

function submit(argv: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Running {
  return fleet.run(["build", "-queue", fleet.url, ...argv, "web.pkr.hcl"], {
    folder,
    env: { PKR_VAR_password: "hunter2-is-secret", WHO: "somebody", ...env },
  });
}

const about = (...argv: readonly string[]) => bench.ask("fleet", ...argv);

/** Everything that Redis holds, as bytes that can be searched. */
async function allOfRedis(): Promise<string> {
  const dumps: string[] = [];
  for (const key of await fleet.redis.keys("*")) {
    const dump = await fleet.redis.dumpBuffer(key);
    dumps.push(key, dump?.toString("latin1") ?? "");
  }
  return dumps.join("\n");
}

/** The queue that the worker has made known. */
async function queueOfWorkers(): Promise<string> {
  const [queue = ""] = await fleet.redis.smembers("outscale-chroot:fleet:queues");
  return queue;
}

describe("a build on a fleet", () => {
  it("has its files, variables and post-processors, and no secret in Redis", async () => {
    await writeTemplate(
      `
  provisioner "shell" {
    scripts = ["scripts/setup.sh", "../shared/outside.sh", "${bakery.folder}/shared/outside.sh"]
    env     = { PASSWORD = var.password }
  }
  provisioner "shell" { inline = ["echo '\${templatefile("motd.tpl", { who = var.who })}'", "echo \${fileexists("none") ? "is" : "is not"} there"] }
  post-processor "manifest" { output = "made.json" }`,
    );
    await worker();
    const build = submit(["-result", "result.json", "-sbom", "web.cdx.json"]);
    expect(await build.ended(), build.output()).toBe(0);
    const output = build.output();
    expect(output).toContain("the password is <sensitive>");
    expect(output.match(/from outside/g)).toHaveLength(2);
    expect(output).toContain("made for somebody");
    expect(output).toContain("is not there");
    expect(output.match(/Run [0-9a-f]{12} begins/g)).toHaveLength(1);
    const result = JSON.parse(await readFile(join(folder, "result.json"), "utf8"));
    const [image] = (await bakery.leftovers()).images;
    expect(image).toBe(`${result.builds[0].artifact.imageId} web`);
    expect(result.builds[0]).toMatchObject({ outcome: "done", runId: expect.stringMatching(/^[0-9a-f]{12}$/) });
    expect(JSON.parse(await readFile(join(folder, "made.json"), "utf8")).builds[0].artifact_id).toContain("ami-");
    expect(JSON.parse(await readFile(join(folder, "web.cdx.json"), "utf8"))).toMatchObject({ bomFormat: "CycloneDX" });
    const redis = await allOfRedis();
    expect(redis).toContain("outscale-chroot:");
    for (const secret of ["hunter2", "the password", "from outside", "omi_name", "somebody"]) {
      expect(redis, secret).not.toContain(secret);
    }
  });

  it("fails as it would here, with the same code, and leaves nothing", async () => {
    await writeTemplate(`provisioner "shell" { inline = ["exit 3"] }`);
    await worker();
    const build = submit(["-result", "result.json"]);
    expect(await build.ended(), build.output()).toBe(10);
    expect(build.output()).toContain('The script "inline" ended with exit code 3');
    const { builds } = JSON.parse(await readFile(join(folder, "result.json"), "utf8"));
    expect(builds[0].error).toMatchObject({ code: "E_PROVISION", step: "StepChrootProvision" });
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("is refused before anything is submitted when a file is missing, with its place", async () => {
    await writeTemplate(`provisioner "shell" { script = "missing.sh" }`);
    await worker();
    const build = submit();
    expect(await build.ended()).toBe(4);
    expect(build.output()).toMatch(/web\.pkr\.hcl:\d+:\d+: provisioner "shell".*script: cannot read "missing\.sh"/);
    expect(await fleet.redis.keys("*:prioritized")).toEqual([]);
  });

  it("is cancelled on its worker, and everything is taken down", async () => {
    await writeTemplate(pause);
    await worker();
    const build = submit();
    await reached();
    build.child.kill("SIGINT");
    expect(await build.ended(), build.output()).toBe(130);
    expect(build.output()).toContain("The build was cancelled by its submitter");
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("is taken back when it is cancelled before a worker has it", async () => {
    await writeTemplate("");
    const build = submit(["-account", "123456789012", "-region", "eu-west-2"]);
    await build.says("Submitted to");
    build.child.kill("SIGINT");
    expect(await build.ended(), build.output()).toBe(130);
    expect(await fleet.redis.exists("outscale-chroot:123456789012.eu-west-2:prioritized")).toBe(0);
    const id = /as ([0-9a-f]{16})/.exec(build.output())?.[1] ?? "";
    const { builds } = JSON.parse((await about("builds", "-json")).output);
    expect(builds).toMatchObject([{ id, state: "cancelled", error: "E_CANCELLED", worker: null }]);
    expect((await about("logs", "-follow", id)).output).toContain("The build was cancelled while it waited");
    expect(await about("cancel", id)).toMatchObject({ code: 16, output: expect.stringContaining("ended already") });
    const again = (await about("retry", id)).output.trim();
    expect((await about("builds")).output).toMatch(new RegExp(`${again} .* waiting .*\n${id} .* cancelled `));
  });

  it("is shown as cancelled to whoever asks for it later, or follows it then", async () => {
    await writeTemplate("");
    const build = submit(["-detach", "-account", "123456789012", "-region", "eu-west-2"]);
    expect(await build.ended(), build.output()).toBe(0);
    const [id = ""] = /^[0-9a-f]{16}/m.exec(build.output()) ?? [];
    const about = (...argv: readonly string[]) => fleet.run(["fleet", ...argv, "-queue", fleet.url]);
    const following = about("logs", "-follow", id);
    // It follows when it has subscribed.
    await expect.poll(() => fleet.redis.pubsub("CHANNELS", "*")).toHaveLength(1);
    expect(await about("cancel", id).ended()).toBe(0);
    // Without -follow it is told what there is, as of any build that has ended.
    for (const [logs, code] of [
      [following, 130],
      [about("logs", "-follow", id), 130],
      [about("logs", id), 0],
    ] as const) {
      expect(await logs.ended(), logs.output()).toBe(code);
      expect(logs.output()).toContain("The build was cancelled while it waited");
    }
  });

  it("begins anew when its worker was killed, once that has cleaned up, and is told of as a whole", async () => {
    await writeTemplate(`${pause}\n provisioner "shell" { inline = ["echo last line"] }`);
    const first = await worker();
    const build = submit();
    await reached();
    first.child.kill("SIGKILL");
    await first.ended();
    await go();
    await worker();
    expect(await build.ended(), build.output()).toBe(0);
    expect(build.output()).toContain("and begins it anew");
    expect(build.output().match(/last line/g)).toHaveLength(1);
    const { images, snapshots, ...rest } = await bakery.leftovers();
    expect([images.length, snapshots.length]).toEqual([1, 1]);
    expect(rest).toMatchObject({ volumes: [], mounts: [], violations: [] });
  });

  it("is handed back when its worker is told to stop twice, and another does it", async () => {
    await writeTemplate(pause);
    const first = await worker("one");
    const build = submit();
    await reached();
    await worker("two");
    first.child.kill("SIGTERM");
    await first.says("A second SIGTERM");
    expect(await first.stopped()).toBe(0);
    await go();
    expect(await build.ended(), build.output()).toBe(0);
    expect(build.output()).toContain("it waits for another");
    expect((await bakery.leftovers()).images).toHaveLength(1);
  });

  it("publishes nothing when the queue has lost it meanwhile", async () => {
    await writeTemplate(pause);
    await worker();
    const build = submit();
    await reached();
    await fleet.replaceRedis();
    await go();
    expect(await build.ended(), build.output()).toBe(16);
    expect(build.output()).toContain("the job is not this worker's any more");
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("does nothing for who owns the Redis and has no key", async () => {
    await writeTemplate(`provisioner "shell" { inline = ["echo done once"] }`);
    const taking = await worker();
    const build = submit(["-detach"]);
    expect(await build.ended(), build.output()).toBe(0);
    const id = build.output().split(" ")[0] ?? "";
    await taking.says(`Build ${id} of outscale-chroot.web: done`);
    const queue = await queueOfWorkers();
    const [images] = [(await bakery.leftovers()).images];
    const sealed = JSON.parse((await fleet.redis.hget(`outscale-chroot:${queue}:${id}`, "data")) ?? "{}").sealed;
    const jobs = new Queue(queue, { connection: fleet.redis, prefix: "outscale-chroot" });
    const stranger = new Sealer(parseKeys(makeKeyText(), "another key"), Date.now);
    const about = { purpose: "job", queue, subject: "ff01" } as const;
    // Played again under its own id, after its traces are removed; under another; edited; of another key; no job at all.
    await expect.poll(() => jobs.getJobState(id)).toBe("completed");
    await jobs.remove(id);
    await jobs.add("build", { sealed }, { jobId: id });
    await jobs.add("build", { sealed }, { jobId: "ff00" });
    await jobs.add("build", { sealed: sealed.replace(/.{4}$/, "AAAA") }, { jobId: "ff02" });
    await jobs.add("build", { sealed: stranger.seal("{}", about) }, { jobId: "ff01" });
    for (const [index, data] of [{}, { sealed: 5 }, { sealed: { x: 1 } }, "text", null].entries()) {
      await jobs.add("build", data, { jobId: `ee0${index}` });
    }
    await jobs.add("build", { sealed }, { jobId: "../../../etc/x" });
    await expect.poll(() => jobs.getFailedCount()).toBe(10);
    await fleet.redis.del(`outscale-chroot:fleet:${queue}:result:${id}`);
    await jobs.remove(id);
    await jobs.add("build", { sealed }, { jobId: id });
    await expect.poll(async () => (await jobs.getJob(id))?.failedReason).toContain("taken it before");
    expect((await bakery.leftovers()).images).toEqual(images);
    expect(taking.output().match(/of outscale-chroot\.web, from/g)).toHaveLength(1);
    await jobs.close();
  });

  it("is not cancelled, ended or shown otherwise by who has no key", async () => {
    await writeTemplate(pause);
    const taking = await worker();
    const build = submit();
    await reached();
    const queue = await queueOfWorkers();
    const id = /as ([0-9a-f]{16})/.exec(build.output())?.[1] ?? "";
    const key = (kind: string) => `outscale-chroot:fleet:${queue}:${kind}`;
    const stranger = new Sealer(parseKeys(makeKeyText(), "another key"), Date.now);
    const wish = stranger.seal('{"wish":"cancel"}', { purpose: "control", queue, subject: id });
    await fleet.redis.xadd(key("control"), "*", "for", id, "sealed", wish);
    await taking.says("The control message");
    const end = JSON.stringify([{ type: "end", result: { outcome: "done", worker: "w" } }]);
    const forged = stranger.seal(end, { purpose: "output", queue, subject: id, number: 1e9 + 500 });
    await fleet.redis.xadd(key(`output:${id}`), "*", "number", String(1e9 + 500), "sealed", forged);
    const pieces = await fleet.redis.xrange(key(`output:${id}`), "-", "+");
    for (const [, fields] of pieces.slice(0, 3)) await fleet.redis.xadd(key(`output:${id}`), "*", ...fields);
    await build.says("The output message");
    await go();
    expect(await build.ended(), build.output()).toBe(0);
    expect(build.output().match(/Gathering information/g)).toHaveLength(1);
    expect((await bakery.leftovers()).images).toHaveLength(1);
  });

  it("is listed, shown, cancelled and submitted again by its id, and its worker is drained", async () => {
    await writeTemplate(pause);
    const taking = await worker();
    const build = submit(["-detach"]);
    expect(await build.ended(), build.output()).toBe(0);
    const id = build.output().split(" ")[0] ?? "";
    await reached();
    expect((await about("builds")).output).toMatch(new RegExp(`${id} .* outscale-chroot\\.web .* running .* w-`));
    expect((await about("status")).output).toMatch(/eu-west-2 +1 +\d+ +1 +0/);
    expect((await about("logs", id)).output).toContain("Running local shell script");
    expect(await about("retry", id)).toMatchObject({ code: 16, output: expect.stringContaining("has not ended") });
    expect((await about("cancel", id)).output).toContain("was told to stop it and clean up");
    expect(await about("logs", "-follow", id)).toMatchObject({
      code: 130,
      output: expect.stringContaining("The build was cancelled by its submitter"),
    });
    expect(await bakery.leftovers()).toEqual(nothing);
    expect((await about("builds")).output).toMatch(/ cancelled .* E_CANCELLED/);
    await go();
    const again = (await about("retry", id)).output.trim();
    expect(again).toMatch(/^[0-9a-f]{16}$/);
    expect((await about("logs", "-follow", again)).code).toBe(0);
    const [image] = (await bakery.leftovers()).images;
    const { builds } = JSON.parse((await about("builds", "-json")).output);
    expect(builds[0]).toMatchObject({ id: again, state: "done", artifactId: `eu-west-2:${image?.split(" ")[0]}` });
    const { workers: there } = JSON.parse((await about("workers", "-json")).output);
    await about("drain", there[0].id);
    expect(await taking.ended()).toBe(0);
    expect((await about("workers")).output).toBe("There are no workers\n");
    expect(await about("cancel", "ff00")).toMatchObject({
      code: 16,
      output: expect.stringContaining("There is no build"),
    });
  });
});
