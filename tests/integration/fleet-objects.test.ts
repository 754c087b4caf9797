import { createHash, randomBytes } from "node:crypto";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { AuthError } from "../../src/common/errors.ts";
import type { ManifestFile } from "../../src/fleet/bundle/manifest.ts";
import { inMib, type LargeFile } from "../../src/fleet/bundle/pack-bundle.ts";
import { keepFiles } from "../../src/fleet/objects/keep-files.ts";
import { ObjectBook } from "../../src/fleet/objects/object-book.ts";
import { readFile as readBundleFile } from "../../src/fleet/objects/read-file.ts";
import { type SendInput, sendObjects } from "../../src/fleet/objects/send-objects.ts";
import { trimObjects } from "../../src/fleet/objects/trim-objects.ts";
import { FleetQueue } from "../../src/fleet/queue/fleet-queue.ts";
import { addSchedule, removeSchedule } from "../../src/fleet/schedule/change-schedules.ts";
import { Cron } from "../../src/fleet/schedule/cron.ts";
import { makeKeyText, parseKeys } from "../../src/fleet/seal/fleet-key.ts";
import { Sealer } from "../../src/fleet/seal/seal.ts";
import { Trimming } from "../../src/fleet/worker/trimming.ts";
import { type LocalCloud, startLocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { bytesSource } from "../../src/outscale/object-storage/object-source.ts";
import type { ObjectStorage } from "../../src/outscale/object-storage/object-storage.ts";
import { type OwnQueue, openOwnQueue, plainJob } from "../support/fleet/own-queue.ts";
import { all, storageOf } from "../support/local-cloud/storage-of.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("redis-server");

const WEEK_SECONDS = 7 * 24 * 3_600;
const place = { bucket: "bundles", prefix: "fleet" };
const content = randomBytes(20 * 1024 ** 2 + 5);
const sha256 = createHash("sha256").update(content).digest("hex");

let own: OwnQueue;
let cloud: LocalCloud;
let storage: ObjectStorage;
let book: ObjectBook;
let file: LargeFile;
let address: string;
let manifest: readonly ManifestFile[];
const said: string[] = [];

beforeEach(async () => {
  own = await openOwnQueue();
  cloud = await startLocalCloud({ stateFolder: join(own.folder, "cloud"), blocks: "memory" });
  storage = storageOf({ endpoint: cloud.endpoint, ...cloud.account("builder") });
  await storage.createBucket(place.bucket);
  book = new ObjectBook(own.queue);
  file = { path: join(own.folder, "disk.img"), bytes: content.length, sha256 };
  await writeFile(file.path, content);
  address = own.queue.addressOf(sha256);
  const entry = { kind: "file", path: "project/disk.img", mode: 0o644, store: "bucket" } as const;
  manifest = [{ ...entry, bytes: content.length, sha256, address }];
  said.length = 0;
});
afterEach(async () => {
  await storage[Symbol.asyncDispose]();
  await cloud.close();
  await own[Symbol.asyncDispose]();
});

const send = (changes: Partial<SendInput> = {}) =>
  sendObjects(new Map([[address, file]]), {
    ...{ queue: own.queue, storage, place, seconds: WEEK_SECONDS, say: (message) => said.push(message) },
    ...changes,
  });
const trim = (changes: Partial<Parameters<typeof trimObjects>[0]> = {}) =>
  trimObjects({ queue: own.queue, storage: async () => storage, now: Date.now(), ...changes });
const inBucket = async () => (await all(storage.list(place.bucket))).map(({ key }) => key);
/** What the queue has about objects. */
const noted = () => own.redis.keys(own.queue.keyOf("objects", "*"));
const later = (seconds: number) => Date.now() + seconds * 1_000;

async function read(): Promise<Buffer> {
  const [entry] = manifest;
  if (entry === undefined) throw new Error("There is a file");
  const input = { queue: own.queue, storage: async () => storage, signal: new AbortController().signal };
  return Buffer.concat(await all(readBundleFile(entry, input)));
}

/** What was asked of the object storage from here on. */
function watchCalls(): () => readonly string[] {
  const start = cloud.requests.length;
  return () => cloud.requests.slice(start).map(({ action }) => action);
}

describe("a large file of a bundle", () => {
  it("lies in the bucket sealed, and is sent once", async () => {
    await send();
    expect(said).toEqual([`Sending ${file.path} (${inMib(file.bytes)}) to the bucket bundles...`]);
    const [key = "", ...others] = await inBucket();
    expect(others).toEqual([]);
    expect(key).toMatch(/^fleet\/123456789012\.eu-west-2\/[0-9a-f]{32}$/);
    const sealed = Buffer.concat(await all(storage.get({ bucket: place.bucket, key })));
    for (let at = 0; at < content.length; at += 1024 ** 2)
      expect(sealed.includes(content.subarray(at, at + 32))).toBe(false);
    expect((await read()).equals(content)).toBe(true);
    const calls = watchCalls();
    await send();
    expect(calls()).toEqual(["HeadObject"]);
    expect(said).toHaveLength(1);
    expect(await noted()).toHaveLength(3);
  });

  it("is sent anew when the bucket has lost it, into another bucket, and when it changes it fails", async () => {
    await send();
    for (const key of await inBucket()) await storage.delete({ bucket: place.bucket, key });
    await expect(read()).rejects.toMatchObject({
      code: "E_FLEET",
      message: expect.stringContaining('"project/disk.img" of the bundle is not in the bucket bundles any more'),
    });
    await send();
    expect((await read()).equals(content)).toBe(true);
    await storage.createBucket("others");
    await send({ place: { ...place, bucket: "others" } });
    expect(await all(storage.list("others"))).toHaveLength(1);
    expect((await read()).equals(content)).toBe(true);
    await writeFile(file.path, randomBytes(content.length));
    await storage.createBucket("third");
    await expect(send({ place: { ...place, bucket: "third" } })).rejects.toThrow("has changed while it was sent");
    expect((await book.find(address))?.bucket).toBe("others");
    await appendFile(file.path, "x");
    await writeFile(file.path, content.subarray(0, 100));
    await expect(send({ place: { ...place, bucket: "third" } })).rejects.toThrow("its source became shorter meanwhile");
    // What was given up goes with the next trimming.
    expect(await trim()).toEqual(new Map());
    expect(await all(storage.list("third"))).toEqual([]);
  });

  it("is refused when anything of it was changed in the bucket", async () => {
    await send();
    const [key = ""] = await inBucket();
    const sealed = Buffer.concat(await all(storage.get({ bucket: place.bucket, key })));
    const put = (bytes: Buffer) => storage.put({ bucket: place.bucket, key }, bytesSource(bytes));
    const changed = Buffer.from(sealed);
    changed[sealed.length - 1] = (changed[sealed.length - 1] ?? 0) ^ 1;
    for (const [bytes, problem] of [
      [changed, "is not what was sent"],
      [content, "is not what was sent"],
      [sealed.subarray(0, -1), "is cut off"],
      [Buffer.concat([sealed, Buffer.from("x")]), "is longer than it was"],
      [Buffer.alloc(0), "is cut off"],
    ] as const) {
      await put(bytes);
      await expect(read()).rejects.toMatchObject({ code: "E_FLEET", message: expect.stringContaining(problem) });
    }
    await put(sealed);
    expect((await read()).equals(content)).toBe(true);
  });

  it("says whose keys may not read it, and what may pass as it is", async () => {
    await send();
    const other = storageOf({ endpoint: cloud.endpoint, ...cloud.account("other") });
    const input = { queue: own.queue, signal: new AbortController().signal };
    const [entry] = manifest;
    if (entry === undefined) throw new Error("There is a file");
    await expect(all(readBundleFile(entry, { ...input, storage: async () => other }))).rejects.toMatchObject({
      code: "E_FLEET",
      message: expect.stringContaining("The worker may not read"),
      hint: expect.stringContaining("-bundle-profile"),
    });
    await other[Symbol.asyncDispose]();
    cloud.faults.add({ kind: "internal-error", action: "GetObject" });
    await expect(read()).rejects.toMatchObject({ code: "E_STORAGE", failure: { httpStatus: 500 } });
  });
});

describe("a small file of a bundle", () => {
  it("is named when the queue has lost it, with what can be done", async () => {
    const [entry] = manifest;
    if (entry === undefined) throw new Error("There is a file");
    const { store: _, ...small } = entry;
    const input = { queue: own.queue, storage: async () => storage, signal: new AbortController().signal };
    await expect(all(readBundleFile(small, input))).rejects.toMatchObject({
      code: "E_FLEET",
      message: '"project/disk.img" of the bundle is not in the queue any more',
      hint: expect.stringContaining("add its schedule again"),
    });
  });
});

describe("objects that no build needs any more", () => {
  it("go when their time is over, and not before, whatever builds have done with them", async () => {
    await send();
    await send({ seconds: 10 });
    await trim({ now: later(WEEK_SECONDS - 60) });
    expect(await inBucket()).toHaveLength(1);
    expect(await keepFiles(own.queue, manifest, 2 * WEEK_SECONDS)).toEqual([]);
    await trim({ now: later(WEEK_SECONDS + 60) });
    expect(await inBucket()).toHaveLength(1);
    expect(await trim({ now: later(2 * WEEK_SECONDS + 60) })).toEqual(new Map());
    expect(await inBucket()).toEqual([]);
    expect(await noted()).toEqual([]);
    expect(await keepFiles(own.queue, manifest, 10)).toEqual(manifest);
    await expect(read()).rejects.toThrow('"project/disk.img" of the bundle is not in the bucket any more');
  });

  it("stay as long as a schedule needs them, however long nobody was there, and go after it", async () => {
    const { id: _, submittedAt: __, ...job } = plainJob({ manifest });
    const cron = new Cron("0 3 * * *", "UTC");
    const until = later(20 * WEEK_SECONDS);
    const times = { cron: cron.text, zone: cron.zone, from: Date.now(), until };
    const wanted = { name: "nightly", submitter: "somebody", jobs: [job], ...times };
    await addSchedule(own.queue, wanted, { cron, send, mayReplace: false });
    await trim({ now: later(21 * WEEK_SECONDS - 60) });
    expect(await inBucket()).toHaveLength(1);
    // One that another version has added.
    const { name } = (await book.find(address)) ?? { name: "" };
    await own.redis.zadd(own.queue.keyOf("objects", "ends"), 0, name);
    await trim();
    expect(await inBucket()).toHaveLength(1);
    expect(await keepFiles(own.queue, manifest, 21 * WEEK_SECONDS)).toEqual([]);
    await removeSchedule(own.queue, "nightly");
    await trim({ now: later(WEEK_SECONDS - 60) });
    expect(await inBucket()).toHaveLength(1);
    await trim({ now: later(WEEK_SECONDS + 60) });
    expect(await inBucket()).toEqual([]);
  });

  it("are not wanted at the moment at which they go: then it is sent under another name, which stays", async () => {
    await send();
    const first = await book.find(address);
    const over = later(WEEK_SECONDS + 60);
    // Taken by somebody who died before he had removed it.
    await book.take(first?.name ?? "", over);
    expect(await keepFiles(own.queue, manifest, WEEK_SECONDS)).toEqual(manifest);
    await send();
    expect(await inBucket()).toHaveLength(2);
    await trim();
    expect(await inBucket()).toEqual([(await book.find(address))?.key]);
    expect((await read()).equals(content)).toBe(true);
  });

  it("go also when they never became whole, a day after they were begun", async () => {
    const object = await book.begin(address, place);
    cloud.faults.add({ kind: "internal-error", action: "UploadPart", skip: 1 });
    cloud.faults.add({ kind: "internal-error", action: "AbortMultipartUpload" });
    const putting = storage.put(object, bytesSource(content), { partBytes: 6 * 1024 ** 2 });
    await expect(putting).rejects.toMatchObject({ hint: expect.stringContaining("stay in the bucket") });
    expect(await all(storage.uploads(place.bucket))).toHaveLength(1);
    await trim({ now: later(23 * 3_600) });
    expect(await all(storage.uploads(place.bucket))).toHaveLength(1);
    await trim({ now: later(25 * 3_600) });
    expect(await all(storage.uploads(place.bucket))).toEqual([]);
    expect(await noted()).toEqual([]);
  });

  it("stay where the keys may not remove them, which is told, and go with the next who may", async () => {
    await send();
    const other = storageOf({ endpoint: cloud.endpoint, ...cloud.account("other") });
    const problems = await trim({ storage: async () => other, now: later(2 * WEEK_SECONDS) });
    expect([...problems.values()]).toEqual([expect.stringMatching(/stays in the bucket bundles: .*AccessDenied/)]);
    expect(problems.get(place.bucket)).toMatch(
      /; give the keys s3:ListBucketMultipartUploads on the bucket, and s3:AbortMultipartUpload and s3:DeleteObject on its/,
    );
    const none = () => Promise.reject(new AuthError("There are no keys", { hint: "name a profile" }));
    const keyless = await trim({ storage: none, now: later(2 * WEEK_SECONDS) });
    expect(keyless.get(place.bucket)).toMatch(/: There are no keys; name a profile$/);
    cloud.faults.add({ kind: "internal-error", action: "ListMultipartUploads" });
    expect((await trim()).get(place.bucket)).toMatch(/: .*InternalError.*; The service is in trouble/);
    expect(await trim({ bucket: "another", storage: () => Promise.reject(new Error("asked")) })).toEqual(new Map());
    await other[Symbol.asyncDispose]();
    expect(await inBucket()).toHaveLength(1);
    expect(await trim()).toEqual(new Map());
    expect(await inBucket()).toEqual([]);
  });

  it.each(["GET", "DELETE"])("do not keep a worker that ends, when its %s is not answered", async (method) => {
    const end = new AbortController();
    await send();
    await own.redis.zadd(own.queue.keyOf("objects", "ends"), 0, (await book.find(address))?.name ?? "");
    const silent = createServer((request, response) => {
      if (request.method === method) end.abort();
      else response.end("<ListMultipartUploadsResult/>");
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const to = storageOf({ endpoint: `http://127.0.0.1:${port}`, ...cloud.account("builder") }, { retry: {} });
    const warnings: string[] = [];
    const ui = { warn: (text: string) => void warnings.push(text) };
    await new Trimming({ queue: own.queue, bucket: { storage: async () => to }, ui }).run(end.signal);
    expect(warnings).toEqual([]);
    await to[Symbol.asyncDispose]();
    silent.closeAllConnections();
    silent.close();
    // Whoever comes next removes it.
    expect(await trim()).toEqual(new Map());
    expect(await inBucket()).toEqual([]);
  });

  it("are none but ours, whatever who owns the Redis has written, and go with a bucket that is gone", async () => {
    await send();
    const key = (kind: string) => own.queue.keyOf("objects", kind);
    await storage.put({ bucket: place.bucket, key: "somebody-elses" }, bytesSource("x"));
    const forged = own.queue.seal(
      JSON.stringify({ bucket: place.bucket, key: "somebody-elses" }),
      "record",
      "object.x",
    );
    await own.redis.hset(key("places"), "x", forged);
    const [name = ""] = await own.redis.hkeys(key("places")).then((names) => names.filter((each) => each !== "x"));
    await own.redis.hset(key("places"), "y", (await own.redis.hget(key("places"), name)) ?? "");
    await own.redis.sadd(key("going"), "x", "y", "z");
    await own.redis.hset(key("contents"), "c".repeat(64), (await own.redis.hget(key("contents"), address)) ?? "");
    const unknown = "Objects that were noted with another fleet key stay (3): workers with that key remove them";
    expect([...(await trim()).values()]).toEqual([unknown]);
    expect(await inBucket()).toHaveLength(2);
    expect(await book.find("c".repeat(64))).toBeUndefined();
    for (const each of await inBucket()) await storage.delete({ bucket: place.bucket, key: each });
    await storage.deleteBucket(place.bucket);
    expect([...(await trim({ now: later(2 * WEEK_SECONDS) })).values()]).toEqual([unknown]);
    expect([...(await book.going())].sort()).toEqual(["x", "y", "z"]);
  });

  it("stay for those who have their key: they alone see which schedules need them", async () => {
    await send();
    await using others = new FleetQueue(
      own.queue.place,
      own.redis,
      new Sealer(parseKeys(makeKeyText(), "test"), Date.now),
    );
    const now = later(2 * WEEK_SECONDS);
    expect([...(await trim({ queue: others, now })).values()]).toEqual([expect.stringContaining("another fleet key")]);
    expect(await keepFiles(own.queue, manifest, 10)).toEqual([]);
    expect(await trim({ now })).toEqual(new Map());
    expect(await inBucket()).toEqual([]);
  });

  it("leave nothing of a file that was not sent: the bucket is another's, the keys are wrong, it is not there", async () => {
    const { accessKey } = cloud.account("builder");
    const wrong = storageOf({ endpoint: cloud.endpoint, accessKey, secretKey: "SKWRONG" });
    const other = storageOf({ endpoint: cloud.endpoint, ...cloud.account("other") });
    await expect(send({ storage: wrong })).rejects.toMatchObject({ code: "E_AUTH" });
    await expect(send({ storage: other })).rejects.toThrow("AccessDenied");
    await expect(send({ place: { ...place, bucket: "missing" } })).rejects.toThrow("NoSuchBucket");
    const stop = new AbortController();
    stop.abort();
    await expect(send({ signal: stop.signal })).rejects.toMatchObject({ code: "E_CANCELLED" });
    for (const each of [wrong, other]) await each[Symbol.asyncDispose]();
    expect(await book.find(address)).toBeUndefined();
    expect(await trim()).toEqual(new Map());
    expect(await noted()).toEqual([]);
    expect((await readFile(file.path)).equals(content)).toBe(true);
  });
});
