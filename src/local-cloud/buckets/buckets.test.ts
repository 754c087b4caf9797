import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { all, storageOf } from "../../../tests/support/local-cloud/storage-of.ts";
import { bytesSource } from "../../outscale/object-storage/object-source.ts";
import type { ObjectStorage } from "../../outscale/object-storage/object-storage.ts";
import { storageFailureOf } from "../../outscale/object-storage/storage-error.ts";
import type { AccountRole } from "../accounts.ts";
import { type LocalCloud, startLocalCloud } from "../start-local-cloud.ts";
import { v2Signature } from "./signed-request.ts";

const MIB = 1024 ** 2;
const place = { bucket: "images", key: "a folder/ü+&<.txt" };

describe("the buckets of a local cloud", () => {
  let folder: string;
  let cloud: LocalCloud;
  let storage: ObjectStorage;
  const blobs = () => readdir(join(folder, "state", "objects"));
  const as = (role: AccountRole) => storageOf({ endpoint: cloud.endpoint, ...cloud.account(role) });
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => "done",
      (error: unknown) => {
        const failure = storageFailureOf(error);
        return failure?.storageCode ?? failure?.httpStatus ?? error;
      },
    );
  const put = (key: string, text = key) => storage.put({ ...place, key }, bytesSource(text));
  const names = async (prefix?: string) => (await all(storage.list(place.bucket, prefix))).map(({ key }) => key);

  async function restart(): Promise<void> {
    await storage?.[Symbol.asyncDispose]();
    await cloud?.close();
    cloud = await startLocalCloud({ stateFolder: join(folder, "state"), blocks: "memory" });
    storage = as("builder");
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "buckets-"));
    await restart();
    await storage.createBucket(place.bucket);
  });
  afterEach(async () => {
    await storage[Symbol.asyncDispose]();
    await cloud.close();
    await rm(folder, { recursive: true });
  });

  it("keep what they are given, also over a restart", async () => {
    const bytes = randomBytes(3 * MIB);
    const { etag } = await storage.put(place, bytesSource(bytes), { contentType: "text/x" });
    await restart();
    expect(await storage.head(place)).toEqual({ sizeBytes: bytes.length, etag, contentType: "text/x" });
    expect((await storage.read(place, { mostBytes: 4 * MIB })).equals(bytes)).toBe(true);
    const range = { startBytes: MIB - 1, lengthBytes: 2 * MIB };
    const middle = Buffer.concat(await all(storage.get(place, { range })));
    expect(middle.equals(bytes.subarray(MIB - 1, 3 * MIB - 1))).toBe(true);
    expect(await names()).toEqual([place.key]);
  });

  it("put parts together in their order, and forget those of an upload that ends", async () => {
    const bytes = randomBytes(12 * MIB);
    const { etag } = await storage.put(place, bytesSource(bytes), { partBytes: 5 * MIB });
    expect(etag).toMatch(/-3$/);
    expect(await blobs()).toHaveLength(3);
    await restart();
    expect((await storage.read(place, { mostBytes: 12 * MIB })).equals(bytes)).toBe(true);
    await storage.delete(place);
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    const cut = storage.put(place, bytesSource(bytes), { partBytes: 5 * MIB, signal: stop.signal, onProgress });
    await expect(cut).rejects.toThrow("cancelled");
    expect(await all(storage.uploads(place.bucket))).toEqual([]);
    // The server sees a little later that nobody sends any more.
    await expect.poll(blobs).toEqual([]);
  });

  it("have each name once: a new object takes the place of the old one, whose bytes go", async () => {
    await put("a", "old");
    await put("a", "new");
    expect(await blobs()).toHaveLength(1);
    expect(String(await storage.read({ ...place, key: "a" }, { mostBytes: 9 }))).toBe("new");
  });

  it("list in the order of the bytes, page by page, by prefix", async () => {
    const keys = ["b/1", "a", "b/2", "\u{1f600}", "\uffee", "b", "c\u0001"];
    for (const key of keys) await put(key);
    expect(await names()).toEqual(["a", "b", "b/1", "b/2", "c\u0001", "\uffee", "\u{1f600}"]);
    expect(await names("b/")).toEqual(["b/1", "b/2"]);
    for (let index = 0; index < 17; index++) await Promise.all(range(60).map((n) => put(`many/${index}-${n}`, "")));
    expect(await names("many/")).toHaveLength(1_020);
    await storage.deleteMany(place.bucket, await names());
    expect(await names()).toEqual([]);
    expect(await blobs()).toEqual([]);
  });

  it("belong to their accounts", async () => {
    await put("a");
    await using other = as("other");
    const theirs = { ...place, key: "a" };
    expect(await other.findBucket(place.bucket)).toBe("forbidden");
    expect(await other.findBucket("no-such-bucket")).toBe("absent");
    expect(await codeOf(other.createBucket(place.bucket))).toBe("BucketAlreadyExists");
    expect(await codeOf(other.read(theirs, { mostBytes: 9 }))).toBe("AccessDenied");
    expect(await codeOf(other.read({ ...theirs, key: "absent" }, { mostBytes: 9 }))).toBe("AccessDenied");
    expect(await codeOf(other.put(theirs, bytesSource("x")))).toBe("AccessDenied");
    expect(await codeOf(other.delete(theirs))).toBe("AccessDenied");
    expect(await codeOf(all(other.list(place.bucket)))).toBe("AccessDenied");
    expect(await codeOf(all(other.uploads(place.bucket)))).toBe("AccessDenied");
    expect(await codeOf(other.deleteBucket(place.bucket))).toBe("AccessDenied");
    const everybody = await fetch(`${cloud.storageEndpoint}/images/a`);
    expect([everybody.status, await everybody.text()]).toEqual([
      403,
      expect.stringContaining("<Code>AccessDenied</Code>"),
    ]);
  });

  it("refuse what S3 refuses", async () => {
    await put("a");
    expect(await codeOf(storage.deleteBucket(place.bucket))).toBe("BucketNotEmpty");
    expect(await codeOf(storage.createBucket(place.bucket))).toBe("done");
    expect(await codeOf(storage.createBucket("api"))).toBe("InvalidBucketName");
    expect(await codeOf(storage.put({ ...place, bucket: "absent" }, bytesSource("")))).toBe("NoSuchBucket");
    expect(await codeOf(storage.read({ ...place, key: "absent" }, { mostBytes: 9 }))).toBe("NoSuchKey");
    const range = { startBytes: 5, lengthBytes: 1 };
    expect(await codeOf(all(storage.get({ ...place, key: "a" }, { range })))).toBe("InvalidRange");
    const backwards = await fetch(storage.presign({ ...place, key: "a" }, 60), { headers: { range: "bytes=5-2" } });
    expect([backwards.status, await backwards.text()]).toEqual([200, "a"]);
    expect(await codeOf(storage.put(place, bytesSource(randomBytes(3)), { partBytes: 1 }))).toBe("EntityTooSmall");
    expect(await all(storage.uploads(place.bucket))).toEqual([]);
    const keys = cloud.account("builder");
    for (const [given, code] of [
      [{ ...keys, secretKey: "another-secret-key" }, "SignatureDoesNotMatch"],
      [{ ...keys, accessKey: "UNKNOWNKEY" }, "InvalidAccessKeyId"],
      [{ ...keys, region: "us-east-2" }, "AuthorizationHeaderMalformed"],
    ] as const) {
      await using wrong = storageOf({ endpoint: cloud.endpoint, ...given });
      expect(await codeOf(wrong.createBucket("another"))).toBe(code);
    }
  });

  it("open a pre-signed URL until it expires, and for what it was signed", async () => {
    await put("a", "content");
    const url = storage.presign({ ...place, key: "a" }, 60);
    const ask = async (url: string, init?: RequestInit) => {
      const answer = await fetch(url, init);
      return `${answer.status} ${/<(?:Code|Message)>(?:AccessDenied<\/Code><Message>)?([^<]*)/.exec(await answer.clone().text())?.[1] ?? (await answer.text())}`;
    };
    expect(await ask(url)).toBe("200 content");
    expect(await ask(url, { method: "PUT", body: "x" })).toBe("403 SignatureDoesNotMatch");
    expect(await ask(url.replace("/images/a", "/images/b"))).toBe("403 SignatureDoesNotMatch");
    expect(await ask(url.replace("Expires=60", "Expires=600"))).toBe("403 SignatureDoesNotMatch");
    expect(await ask(url, { headers: { "x-amz-acl": "public-read" } })).toBe("403 The header x-amz-acl is not signed");
    const v2 = v2Url("a", 60);
    expect(await ask(v2)).toBe("200 content");
    expect(await ask(v2.replace("/images/a", "/images/b"))).toBe("403 SignatureDoesNotMatch");
    cloud.faults.add({ kind: "skewed-clock", ms: 61_000 });
    expect([await ask(url), await ask(v2)]).toEqual(["403 Request has expired", "403 Request has expired"]);
  });

  function v2Url(key: string, seconds: number): string {
    const { accessKey, secretKey } = cloud.account("builder");
    const rawPath = `/${place.bucket}/${key}`;
    const expires = String(Math.floor(Date.now() / 1000) + seconds);
    const signed = v2Signature(secretKey, { rawPath, query: new Map(), headers: {} }, { method: "GET", expires });
    const query = new URLSearchParams({ AWSAccessKeyId: accessKey, Expires: expires, Signature: signed });
    return `${cloud.storageEndpoint}${rawPath}?${query}`;
  }

  it("fail as a fault says, before or after their work", async () => {
    cloud.faults.add({ kind: "throttled", action: "PutObject", retryAfterSeconds: 1 });
    expect(await codeOf(put("a"))).toBe("SlowDown");
    cloud.faults.add({ kind: "internal-error", action: "PutObject" });
    expect(await codeOf(put("a"))).toBe("InternalError");
    cloud.faults.add({ kind: "drop-before", action: "PutObject" });
    await expect(put("a")).rejects.toThrow("got no answer");
    expect(await names()).toEqual([]);
    cloud.faults.add({ kind: "drop-after", action: "PutObject" });
    await expect(put("a")).rejects.toThrow("got no answer");
    expect(await names()).toEqual(["a"]);
    expect(cloud.requests.map(({ action, status }) => `${action} ${status}`)).toContain("PutObject 503");
  });

  it("are told of in the environment", () => {
    expect(cloud.environment.OSC_ENDPOINT_OOS).toBe(cloud.storageEndpoint);
  });
});

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
