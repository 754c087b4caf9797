import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { bytesSource } from "../../src/outscale/object-storage/object-source.ts";
import type { ObjectStorage } from "../../src/outscale/object-storage/object-storage.ts";
import { nothing } from "../support/bake/bake.ts";
import { type FleetBench, openFleetBench } from "../support/fleet/fleet-bench.ts";
import { all, storageOf } from "../support/local-cloud/storage-of.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms(...buildPrograms, "redis-server");

const MIB = 1024 ** 2;
const bucket = "bundles";

let bench: FleetBench;
let storage: ObjectStorage;
/** What a submitter has besides the fleet's key. */
let keys: NodeJS.ProcessEnv;
let configFile: string;

beforeAll(async () => {
  bench = await openFleetBench("fleet-bundles");
  const { cloud, folder } = bench.bakery;
  storage = storageOf({ endpoint: cloud.endpoint, ...cloud.account("builder") });
  await storage.createBucket(bucket);
  const { accessKey, secretKey } = cloud.account("builder");
  keys = { OUTSCALE_CHROOT_BUNDLE_ACCESS_KEY: accessKey, OUTSCALE_CHROOT_BUNDLE_SECRET_KEY: secretKey };
  const endpoints = { oos: cloud.storageEndpoint };
  const other = cloud.account("other");
  configFile = join(folder, "config.json");
  const profiles = {
    bucket: { access_key: accessKey, secret_key: secretKey, endpoints },
    other: { access_key: other.accessKey, secret_key: other.secretKey, endpoints },
    wrong: { access_key: accessKey, secret_key: "SKWRONGWRONGWRONG", endpoints },
  };
  await writeFile(configFile, JSON.stringify(profiles));
});
afterEach(async () => {
  bench.bakery.cloud.faults.clear();
  await bench.clear();
  for (const { key } of await all(storage.list(bucket))) await storage.delete({ bucket, key });
  for (const upload of await all(storage.uploads(bucket))) await storage.abort(upload);
});
afterAll(async () => {
  await storage[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
});

/** Writes a file that nobody has written before, without holding it. @returns its SHA-256 */
async function writeLarge(mib: number): Promise<string> {
  const path = join(bench.folder, "large.bin");
  await mkdir(bench.folder, { recursive: true });
  await using file = await open(path, "w");
  for (let written = 0; written < mib; written++) await file.writeFile(randomBytes(MIB));
  await file.writeFile("and a little more");
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}

/** A build that has the file in its image, and says what it is there. */
const COPIES = `
  provisioner "file" {
    source      = "large.bin"
    destination = "/large.bin"
  }
  provisioner "shell" { inline = ["sha256sum /large.bin", "rm /large.bin"] }
`;

function run(argv: readonly string[], env: NodeJS.ProcessEnv = keys) {
  const { storageEndpoint } = bench.bakery.cloud;
  return bench.fleet.run([...argv], {
    folder: bench.folder,
    env: {
      OUTSCALE_CHROOT_QUEUE: bench.fleet.url,
      OSC_ENDPOINT_OOS: storageEndpoint,
      OSC_CONFIG_FILE: configFile,
      ...env,
    },
  });
}
const submit = (argv: readonly string[] = [], env?: NodeJS.ProcessEnv) =>
  run(["build", "-queue", bench.fleet.url, "-bundle-bucket", bucket, ...argv, "web.pkr.hcl"], env);
const inBucket = async () => (await all(storage.list(bucket))).map(({ key }) => key);

/** What was asked of the object storage from here on. */
function watchCalls(): () => readonly string[] {
  const start = bench.bakery.cloud.requests.length;
  return () =>
    bench.bakery.cloud.requests
      .slice(start)
      .flatMap(({ action }) => (/Object|Upload|Part|Bucket/.test(action) ? [action] : []));
}

/** As if the time of every object was over. */
async function endTimes(): Promise<void> {
  const [key = ""] = await bench.fleet.redis.keys("*:objects:ends");
  for (const name of await bench.fleet.redis.zrange(key, "0", "-1")) await bench.fleet.redis.zadd(key, 0, name);
}

describe("a bundle that goes through a bucket", () => {
  it("has its file in the image byte by byte, and is sent once", async () => {
    const sha256 = await writeLarge(100);
    await bench.writeTemplate({ build: COPIES });
    await bench.worker();
    const build = submit();
    expect(await build.ended(), build.output()).toBe(0);
    expect(build.output()).toMatch(/Sending .*large\.bin \(100\.0 MiB\) to the bucket bundles\.\.\./);
    expect(build.output()).toContain(`${sha256}  /large.bin`);
    expect(await inBucket()).toEqual([expect.stringMatching(/^outscale-chroot\/fleet\/\d+\.eu-west-2\/[0-9a-f]{32}$/)]);
    const used = Number(/used_memory:(\d+)/.exec(await bench.fleet.redis.info("memory"))?.[1]);
    expect(used).toBeLessThan(20 * MIB);
    const calls = watchCalls();
    const again = submit(["-force"], { ...keys, OUTSCALE_CHROOT_BUNDLE_PREFIX: "elsewhere" });
    expect(await again.ended(), again.output()).toBe(0);
    expect(again.output()).toContain(`${sha256}  /large.bin`);
    expect(calls()).toEqual(["HeadObject", "GetObject"]);
    expect(await inBucket()).toHaveLength(1);
  });

  it("is refused before anything is submitted when it is too large, and when the bucket does not take it", async () => {
    await writeLarge(2);
    await bench.writeTemplate({ build: COPIES });
    await bench.worker();
    for (const [argv, env, code, message] of [
      [["-bundle-bucket-limit", "1"], keys, 2, "The files that would go through the bucket have 2.0 MiB"],
      [["-bundle-bucket", "A_B"], keys, 2, `"A_B" is no bucket's name`],
      [["-bundle-bucket", "missing"], keys, 6, "NoSuchBucket"],
      [[], {}, 5, "There are no keys for the bucket of the bundle"],
      [["-bundle-profile", "none"], {}, 5, 'has no profile "none"'],
      [["-bundle-profile", "wrong"], {}, 5, "SignatureDoesNotMatch"],
      [["-bundle-profile", "other"], {}, 6, "AccessDenied"],
    ] as const) {
      const build = submit(argv, env);
      expect(await build.ended(), build.output()).toBe(code);
      expect(build.output()).toContain(message);
    }
    const told = submit(["-bundle-bucket", "missing", "-result", "result.json"]);
    expect(await told.ended()).toBe(6);
    const { error } = JSON.parse(await readFile(join(bench.folder, "result.json"), "utf8"));
    expect(error).toMatchObject({ code: "E_STORAGE", message: expect.stringContaining("NoSuchBucket") });
    expect(await bench.fleet.redis.keys("*:prioritized")).toEqual([]);
    const without = run(["build", "-bundle-bucket", bucket, "web.pkr.hcl"]);
    expect(await without.ended()).toBe(2);
    expect(without.output()).toContain("-bundle-bucket needs -queue");
    const unlimited = run(["build", "-queue", bench.fleet.url, "-bundle-limit", "1", "web.pkr.hcl"]);
    expect(await unlimited.ended()).toBe(2);
    expect(unlimited.output()).toContain("let it travel through a bucket with -bundle-bucket");
    expect(await inBucket()).toEqual([]);
  });

  it("fails its build, once, when it was changed, is gone, or is more than the worker takes", async () => {
    await writeLarge(3);
    await bench.writeTemplate({ build: COPIES });
    await bench.worker();
    const first = submit();
    expect(await first.ended(), first.output()).toBe(0);
    const [key = ""] = await inBucket();
    const sealed = Buffer.concat(await all(storage.get({ bucket, key })));
    sealed[MIB] = (sealed[MIB] ?? 0) ^ 1;
    await storage.put({ bucket, key }, bytesSource(sealed));
    const changed = submit(["-force"]);
    expect(await changed.ended(), changed.output()).toBe(16);
    expect(changed.output()).toContain(`"${bucket}/${key}" is not what was sent`);
    expect(changed.output()).not.toContain("Attempt 1");
    const account = key.split("/")[2]?.split(".")[0] ?? "";
    const queued = submit(["-detach", "-force", "-label", "later", "-account", account, "-region", "eu-west-2"]);
    expect(await queued.ended(), queued.output()).toBe(0);
    for (const each of await inBucket()) await storage.delete({ bucket, key: each });
    await bench.worker("later", ["-label", "later", "-bundle-bucket-limit", "2"]);
    const id = queued.output().match(/^[0-9a-f]{16}/m)?.[0] ?? "";
    const logs = run(["fleet", "logs", "-follow", id]);
    expect(await logs.ended(), logs.output()).toBe(16);
    expect(logs.output()).toContain("in the bucket, and may have 2097152");
    // The bucket has lost it, and the next submission sends it anew.
    const anew = submit(["-force"]);
    expect(await anew.ended(), anew.output()).toBe(0);
    expect(anew.output()).toContain("Sending");
  });

  it("is submitted again and at set times with the file that it had, and not without it", async () => {
    const sha256 = await writeLarge(2);
    await bench.writeTemplate({ source: `omi_name = "web-{{uuid}}"`, build: COPIES });
    await bench.worker();
    const build = submit(["-detach", "-bundle-profile", "bucket"], {});
    expect(await build.ended(), build.output()).toBe(0);
    const id = build.output().match(/^[0-9a-f]{16}/m)?.[0] ?? "";
    const follow = async (job: string) => {
      const logs = run(["fleet", "logs", "-follow", job]);
      return { code: await logs.ended(), output: logs.output() };
    };
    expect(await follow(id)).toMatchObject({ code: 0 });
    const schedule = run(["fleet", "schedule", "add", "-cron", "* * * * *", "-bundle-bucket", bucket, "web.pkr.hcl"]);
    expect(await schedule.ended(), schedule.output()).toBe(0);
    await rm(join(bench.folder, "large.bin"));
    // Its time is over, but for the schedule: a worker that comes looks at what is to go.
    await endTimes();
    await bench.worker("two");
    const [ends = ""] = await bench.fleet.redis.keys("*:objects:ends");
    await expect.poll(() => bench.fleet.redis.zcount(ends, 1, "+inf")).toBe(1);
    expect(await inBucket()).toHaveLength(1);
    const retry = run(["fleet", "retry", id]);
    expect(await retry.ended(), retry.output()).toBe(0);
    expect((await follow(retry.output().trim())).output).toContain(`${sha256}  /large.bin`);
    const due = async () => {
      const list = run(["fleet", "schedule", "list", "-json"]);
      await list.ended();
      return JSON.parse(list.output()).schedules[0]?.last?.builds[0] ?? {};
    };
    await expect.poll(async () => (await due()).outcome).toBe("done");
    expect((await follow((await due()).id)).output).toContain(`${sha256}  /large.bin`);
    expect(await run(["fleet", "schedule", "rm", "web"]).ended()).toBe(0);
    // One that was submitted just before has it kept as it begins.
    const states = async () => {
      const list = run(["fleet", "builds", "-json"]);
      await list.ended();
      return new Set(JSON.parse(list.output()).builds.map(({ state }: { readonly state: string }) => state));
    };
    await expect.poll(states).toEqual(new Set(["done"]));
    await endTimes();
    await bench.worker("three");
    await expect.poll(inBucket).toEqual([]);
    await expect.poll(() => bench.fleet.redis.keys("*:objects:*")).toEqual([]);
    const late = run(["fleet", "retry", id]);
    expect(await late.ended()).toBe(16);
    expect(late.output()).toContain('large.bin" is not kept any more');
  });

  it("leaves nothing in the end when its submitter was killed while it was sent", async () => {
    await writeLarge(20);
    await bench.writeTemplate({ build: COPIES });
    // The first part is taken, and the others wait.
    bench.bakery.cloud.faults.add({
      kind: "throttled",
      action: "UploadPart",
      skip: 1,
      times: 900,
      retryAfterSeconds: 20,
    });
    const build = submit(["-account", "123456789012", "-region", "eu-west-2"]);
    await build.says("UploadPart failed and is tried again");
    build.child.kill("SIGKILL");
    await build.ended();
    bench.bakery.cloud.faults.clear();
    expect(await all(storage.uploads(bucket))).toHaveLength(1);
    expect(await bench.fleet.redis.keys("*:prioritized")).toEqual([]);
    await endTimes();
    // A worker of that place would do the same; here it is the next submitter.
    await writeLarge(2);
    const next = submit(["-detach", "-account", "123456789012", "-region", "eu-west-2"]);
    expect(await next.ended(), next.output()).toBe(0);
    expect(await all(storage.uploads(bucket))).toEqual([]);
    expect(await inBucket()).toHaveLength(1);
  });

  it("stops being sent, and being fetched, at Ctrl-C", async () => {
    await writeLarge(20);
    await bench.writeTemplate({ build: COPIES });
    const worker = await bench.worker();
    const { faults } = bench.bakery.cloud;
    faults.add({ kind: "throttled", action: "UploadPart", skip: 1, times: 900, retryAfterSeconds: 20 });
    const sent = submit();
    await sent.says("UploadPart failed and is tried again");
    sent.child.kill("SIGINT");
    expect(await sent.ended(), sent.output()).toBe(130);
    expect(await all(storage.uploads(bucket))).toEqual([]);
    faults.clear();
    faults.add({ kind: "throttled", action: "GetObject", times: 900, retryAfterSeconds: 20 });
    const fetched = submit();
    await worker.says("GetObject failed and is tried again");
    fetched.child.kill("SIGINT");
    expect(await fetched.ended(), fetched.output()).toBe(130);
    expect(fetched.output()).toContain("The build was cancelled by its submitter");
    expect(await bench.bakery.leftovers()).toEqual(nothing);
  });
});
