import { createHash } from "node:crypto";
import type { RequestListener } from "node:http";
import { AwsV4Signer } from "aws4fetch";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { all } from "../../../tests/support/local-cloud/storage-of.ts";
import { FakeClock } from "../../../tests/support/outscale/fake-clock.ts";
import type { Reply } from "../../../tests/support/outscale/scripted-server.ts";
import {
  connect,
  failureOf,
  keys,
  place,
  refused,
  storageAt,
} from "../../../tests/support/outscale/scripted-storage.ts";
import { startServer } from "../../../tests/support/outscale/start-server.ts";
import { propertyRuns } from "../../../tests/support/suite/sample.ts";
import { CancelledError } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";
import { bytesSource } from "./object-source.ts";
import { StorageAuthError, StorageError, storageFailureOf } from "./storage-error.ts";

describe("createObjectStorage()", () => {
  it("signs what it sends, as aws4fetch does", async () => {
    await using cloud = await connect([{ headers: { etag: '"abc"' } }]);
    expect(await cloud.storage.put(place, bytesSource("some bytes"), { contentType: "x/y" })).toEqual({ etag: "abc" });
    const [sent] = cloud.server.requests;
    expect(sent).toMatchObject({ method: "PUT", url: "/images/a%20folder/web%20%C3%BC.qcow2.gz", text: "some bytes" });
    const headers = Object.fromEntries(
      ["content-type", "x-amz-content-sha256"].map((name) => [name, String(sent?.headers[name])]),
    );
    const signer = new AwsV4Signer({
      ...{ url: `http://127.0.0.1:${cloud.server.port}${sent?.url}`, method: "PUT", body: "some bytes", headers },
      ...{ accessKeyId: keys.accessKey, secretAccessKey: keys.secretKey, service: "s3", region: "eu-west-2" },
      ...{ datetime: String(sent?.headers["x-amz-date"]), allHeaders: true },
    });
    expect(sent?.headers.authorization).toBe((await signer.sign()).headers.get("authorization"));
  });

  it("keeps dots and slashes of a key as they are", async () => {
    await using cloud = await connect([{ headers: { etag: '"abc"' } }]);
    await cloud.storage.put({ bucket: "images", key: "a/../b//c/." }, bytesSource(""));
    expect(cloud.asked()).toEqual(["PUT /images/a/../b//c/."]);
  });

  it("refuses what is no bucket's name and no key before it sends anything", async () => {
    await using cloud = await connect([]);
    for (const bucket of ["..", "a", "a/b", "UPPER", "-ab", "x".repeat(64)]) {
      expect(() => cloud.storage.list(bucket), bucket).toThrow(StorageError);
    }
    await expect(cloud.storage.head({ bucket: "images", key: "" })).rejects.toThrow("is no object's key");
    expect(cloud.server.requests).toEqual([]);
  });

  it("sends again with a fresh signature, after as long as it is told", async () => {
    await using cloud = await connect([refused(503, "SlowDown", { "retry-after": "7" }), "drop", {}]);
    await cloud.clock.run(cloud.storage.createBucket("images"));
    expect(cloud.clock.sleeps).toEqual([7_000, 1_000]);
    expect(cloud.retries.map(({ operation, attempt }) => `${operation} ${attempt}`)).toEqual([
      "CreateBucket 2",
      "CreateBucket 3",
    ]);
    const signatures = cloud.server.requests.map(({ headers }) => headers.authorization);
    expect(new Set(signatures).size).toBe(3);
  });

  it("sends again what has used up the time of an attempt, and does not go on for ever", async () => {
    let now = Date.UTC(2026, 0, 1, 12);
    const sleep = async (ms: number) => {
      now += ms;
    };
    const clock = { now: () => now, sleep };
    // So long may a part of 15 MiB take: longer than a request without a body is tried again.
    const stalledMs = 5 * 60_000;
    const stalled: (stalls: number) => RequestListener = (stalls) => {
      let left = stalls;
      return (request, response) => {
        request.resume().on("end", () => {
          if (left-- <= 0) return response.writeHead(200, { etag: '"abc"' }).end();
          now += stalledMs;
          request.socket.destroy();
        });
      };
    };
    const put = async (stalls: number, attempts: number[]) => {
      await using server = await startServer(stalled(stalls));
      await using storage = storageAt(server.port, { clock, onRetry: ({ attempt }) => attempts.push(attempt) });
      return await storage.put(place, bytesSource(Buffer.alloc(15 * 1024 ** 2)));
    };
    const attempts: number[] = [];
    expect(await put(1, attempts)).toEqual({ etag: "abc" });
    expect(attempts).toEqual([2]);
    expect(await failureOf(put(99, attempts))).toMatchObject({ message: expect.stringContaining("after 2 attempts") });
  });

  it("follows the service's clock", async () => {
    const date = "Thu, 01 Jan 2026 14:00:00 GMT";
    await using cloud = await connect([refused(403, "RequestTimeTooSkewed", { date }), {}]);
    await cloud.storage.createBucket("images");
    expect(cloud.server.requests.map(({ headers }) => headers["x-amz-date"])).toEqual([
      "20260101T120000Z",
      "20260101T140000Z",
    ]);
    expect(cloud.storage.presign(place, 60)).toContain("X-Amz-Date=20260101T140000Z");
  });

  it("follows it where a refusal has no words, too", async () => {
    const headers = { date: "Thu, 01 Jan 2026 14:00:00 GMT" };
    await using cloud = await connect([{ status: 403, headers }, {}]);
    expect(await cloud.storage.findBucket("images")).toBe("found");
    expect(cloud.server.requests.at(-1)?.headers["x-amz-date"]).toBe("20260101T140000Z");
  });

  it("gives up what does not pass, and says what, where and why", async () => {
    await using cloud = await connect([refused(404, "NoSuchBucket"), refused(403, "InvalidAccessKeyId")]);
    const error = await failureOf(cloud.storage.put(place, bytesSource("x")));
    expect(error).toMatchObject({
      message: `PutObject of "images/a folder/web ü.qcow2.gz" failed: NoSuchBucket no (HTTP 404, request R1)`,
      hint: "Create the bucket in this region, or check its name",
      failure: { operation: "PutObject", bucket: "images", httpStatus: 404, storageCode: "NoSuchBucket" },
    });
    expect(await failureOf(cloud.storage.createBucket("images"))).toBeInstanceOf(StorageAuthError);
  });

  it("tells a bucket of its own, one that is not there, and another's", async () => {
    const headers = { date: "Thu, 01 Jan 2026 12:00:00 GMT" };
    await using cloud = await connect([{}, { status: 404 }, { status: 403, headers }]);
    for (const expected of ["found", "absent", "forbidden"]) {
      expect(await cloud.storage.findBucket("images")).toBe(expected);
    }
  });

  it("takes no answer for one that is none of S3", async () => {
    const hostile = `<!DOCTYPE a [<!ENTITY b "${"c".repeat(99)}">]><Error><Code>&b;</Code></Error>`;
    await using cloud = await connect([{ status: 400, body: hostile }, { body: hostile }, { body: "<Contents>" }]);
    const error = await failureOf(cloud.storage.createBucket("images"));
    expect(storageFailureOf(error)).toMatchObject({ httpStatus: 400, storageCode: undefined });
    for (const _ of [1, 2]) await expect(all(cloud.storage.list("images"))).rejects.toThrow("cannot be read");
  });

  it("does not read an answer without an end", async () => {
    await using server = await startServer((_request, response) => {
      response.writeHead(500);
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024, " ")));
        response.once("drain", more);
      };
      more();
    });
    await using storage = storageAt(server.port);
    await expect(storage.createBucket("images")).rejects.toThrow("has no end");
  });

  it("writes no key and no signature into the log", async () => {
    await using cloud = await connect([{ headers: { etag: '"abc"' } }, { body: "<ListBucketResult/>" }]);
    await cloud.storage.put(place, bytesSource("x"));
    await all(cloud.storage.list("images"));
    const text = JSON.stringify(cloud.log);
    expect(cloud.log).toMatchObject([{ kind: "api", action: "PutObject", status: 200, request: place }, {}]);
    for (const hidden of [keys.accessKey, keys.secretKey, "Signature"]) expect(text).not.toContain(hidden);
  });

  it("stops a read at once, and sends nothing once it is cancelled", async () => {
    await using cloud = await connect(["silence"]);
    const stop = new AbortController();
    const reading = failureOf(cloud.storage.head(place, { signal: stop.signal }));
    await cloud.server.nextRequest();
    stop.abort();
    expect(await reading).toBeInstanceOf(CancelledError);
    expect(await failureOf(cloud.storage.createBucket("images", { signal: stop.signal }))).toBeInstanceOf(
      CancelledError,
    );
    expect(cloud.server.requests).toHaveLength(1);
  });

  it("goes on after a cancel until it knows what became of a change", async () => {
    const stop = new AbortController();
    await using cloud = await connect(["drop", {}], { onRetry: () => stop.abort() });
    await cloud.clock.run(cloud.storage.createBucket("images", { signal: stop.signal }));
    expect(cloud.asked()).toEqual(["PUT /images", "PUT /images"]);
  });
});

describe("list()", () => {
  const page = (listed: readonly string[], token?: string): Reply => ({
    body:
      `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${token !== undefined}</IsTruncated>` +
      (token === undefined ? "" : `<NextContinuationToken>${token}</NextContinuationToken>`) +
      listed.map((key) => `<Contents><Key>${key}</Key><Size>3</Size><ETag>&quot;e&quot;</ETag></Contents>`).join("") +
      "</ListBucketResult>",
  });

  it("reads every page, with any key", async () => {
    await using cloud = await connect([page(["a%00b", "c+d%2B"], "n&amp;1"), page(["e"])]);
    const found = await all(cloud.storage.list("images", "p/"));
    expect(found.map(({ key, sizeBytes, etag }) => [key, sizeBytes, etag])).toEqual([
      ["a\0b", 3, "e"],
      ["c d+", 3, "e"],
      ["e", 3, "e"],
    ]);
    expect(cloud.asked()).toEqual([
      "GET /images?encoding-type=url&list-type=2&prefix=p%2F",
      "GET /images?continuation-token=n%261&encoding-type=url&list-type=2&prefix=p%2F",
    ]);
  });

  it("refuses pages that lead in a circle, or on for ever with nothing in them", async () => {
    await using circle = await connect([page(["a"], "1"), page(["b"], "2"), page(["a"], "1")]);
    await expect(all(circle.storage.list("images"))).rejects.toThrow("without an end");
    await using empty = await connect(Array.from({ length: 200 }, (_, index) => page([], `${index}`)));
    await expect(all(empty.storage.list("images"))).rejects.toThrow("without an end");
  });
});

describe("put() in parts", () => {
  const begun: Reply = {
    body: "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>",
  };
  // The MD5 of nothing in particular; what counts is that it is one.
  const md5 = (digit: string) => digit.repeat(32);
  const part = (digit: string): Reply => ({ headers: { etag: `"${md5(digit)}"` } });
  const done: Reply = {
    body: "<CompleteMultipartUploadResult><ETag>&quot;whole-2&quot;</ETag></CompleteMultipartUploadResult>",
  };
  const object = { bucket: "images", key: "disk" };
  const source = bytesSource("0123456789");
  const options = { partBytes: 6, parallel: 1 };

  it("sends the parts and puts them together, and tells how far it is", async () => {
    await using cloud = await connect([begun, part("1"), part("2"), done]);
    const told: number[] = [];
    const onProgress = ({ doneBytes }: { doneBytes: number }) => told.push(doneBytes);
    expect(await cloud.storage.put(object, source, { ...options, onProgress })).toEqual({ etag: "whole-2" });
    expect(cloud.asked()).toEqual([
      "POST /images/disk?uploads=",
      "PUT /images/disk?partNumber=1&uploadId=U1",
      "PUT /images/disk?partNumber=2&uploadId=U1",
      "POST /images/disk?uploadId=U1",
    ]);
    expect(cloud.server.requests.map(({ text }) => text).slice(1, 3)).toEqual(["012345", "6789"]);
    expect(cloud.server.requests[3]?.text).toContain(`<PartNumber>2</PartNumber><ETag>&#34;${md5("2")}&#34;</ETag>`);
    expect(told).toEqual([6, 10]);
  });

  it("removes the parts when one of them fails for good", async () => {
    await using cloud = await connect([begun, part("1"), refused(403, "AccessDenied"), { status: 204 }]);
    await expect(cloud.storage.put(object, source, options)).rejects.toThrow("AccessDenied");
    expect(cloud.asked().at(-1)).toBe("DELETE /images/disk?uploadId=U1");
  });

  it("removes the parts when it is cancelled in the middle of one", async () => {
    await using cloud = await connect([begun, "silence", { status: 204 }]);
    const stop = new AbortController();
    const putting = failureOf(cloud.storage.put(object, source, { ...options, signal: stop.signal }));
    await cloud.server.nextRequest();
    await cloud.server.nextRequest();
    stop.abort();
    expect(await putting).toBeInstanceOf(CancelledError);
    expect(cloud.asked().at(-1)).toBe("DELETE /images/disk?uploadId=U1");
  });

  it("removes an upload that a lost answer has begun", async () => {
    const uploads =
      "<ListMultipartUploadsResult><Upload><Key>disk</Key><UploadId>U0</UploadId></Upload><Upload><Key>disk</Key><UploadId>U1</UploadId></Upload><Upload><Key>disk-2</Key><UploadId>U2</UploadId></Upload></ListMultipartUploadsResult>";
    await using cloud = await connect(["drop", begun, { body: uploads }, { status: 204 }, part("1"), part("2"), done]);
    await cloud.clock.run(cloud.storage.put(object, source, options));
    expect(cloud.asked().filter((line) => line.startsWith("DELETE"))).toEqual(["DELETE /images/disk?uploadId=U0"]);
  });

  it("finds what a lost answer has completed", async () => {
    const sum = createHash("md5")
      .update(Buffer.from(md5("1") + md5("2"), "hex"))
      .digest("hex");
    const there: Reply = { headers: { etag: `"${sum}-2"` } };
    await using cloud = await connect([begun, part("1"), part("2"), "drop", refused(404, "NoSuchUpload"), there]);
    const putting = cloud.storage.put(object, source, options);
    expect(await cloud.clock.run(putting)).toEqual({ etag: `${sum}-2` });
  });

  it("takes an error that comes as a success for what it is", async () => {
    const late: Reply = { body: "<Error><Code>InternalError</Code></Error>" };
    await using cloud = await connect([begun, part("1"), part("2"), late, done]);
    expect(await cloud.clock.run(cloud.storage.put(object, source, options))).toEqual({ etag: "whole-2" });
  });
});

describe("get()", () => {
  it("goes on where a connection broke, with the same object", async () => {
    const ranges: unknown[] = [];
    await using server = await startServer((request, response) => {
      const { range, "if-match": match } = request.headers;
      ranges.push([range, match]);
      const start = Number(/bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
      response.writeHead(range ? 206 : 200, { "content-length": 10 - start, etag: '"v1"' });
      response.write("0123456789".slice(start, start + 4), () => start < 6 && request.socket.destroy());
      if (start >= 6) response.end();
    });
    await using storage = storageAt(server.port);
    expect(Buffer.concat(await all(storage.get(place))).toString()).toBe("0123456789");
    expect(ranges).toEqual([
      [undefined, undefined],
      ["bytes=4-9", '"v1"'],
      ["bytes=8-9", '"v1"'],
    ]);
  });

  it("reads a range, and refuses the whole in its place", async () => {
    const partly: Reply = { status: 206, headers: { "content-length": "3" }, body: "345" };
    await using cloud = await connect([partly, { body: "0123456789" }]);
    const range = { startBytes: 3, lengthBytes: 3 };
    expect(Buffer.concat(await all(cloud.storage.get(place, { range }))).toString()).toBe("345");
    await expect(all(cloud.storage.get(place, { range }))).rejects.toThrow("was not given in parts");
    expect(cloud.server.requests[0]?.headers.range).toBe("bytes=3-5");
  });

  it("refuses a small object that is large", async () => {
    await using cloud = await connect([{ body: "0123456789" }]);
    await expect(cloud.storage.read(place, { mostBytes: 9 })).rejects.toThrow("has more than 9 bytes");
  });
});

describe("createBucket()", () => {
  it("tells a bucket that it has made from one that was the account's before", async () => {
    const owned = refused(409, "BucketAlreadyOwnedByYou");
    await using cloud = await connect([{}, owned, "drop", owned]);
    expect(await cloud.storage.createBucket("images")).toBe("made");
    expect(await cloud.storage.createBucket("images")).toBe("owned");
    // It may be the lost try that has made it.
    expect(await cloud.clock.run(cloud.storage.createBucket("images"))).toBe("made");
  });
});

describe("delete()", () => {
  it("takes what is gone for removed, but not a bucket that is not there", async () => {
    await using cloud = await connect([refused(404, "NoSuchKey"), refused(404, "NoSuchBucket")]);
    await cloud.storage.delete(place);
    await expect(cloud.storage.delete(place)).rejects.toThrow("NoSuchBucket");
  });

  it("removes a thousand at a time, and names what stays", async () => {
    const denied = "<DeleteResult><Error><Key>k1000</Key><Code>AccessDenied</Code></Error></DeleteResult>";
    await using cloud = await connect([{ body: "<DeleteResult/>" }, { body: denied }]);
    const many = Array.from({ length: 1_001 }, (_, index) => `k${index}`);
    await expect(cloud.storage.deleteMany("images", many)).rejects.toThrow('Cannot remove "k1000" from "images"');
    expect(cloud.server.requests[1]?.text).toContain("<Object><Key>k1000</Key></Object>");
    expect(cloud.server.requests[0]?.headers["content-md5"]).toMatch(/^[\w+/]{22}==$/);
  });
});

describe("presign()", () => {
  it("agrees with aws4fetch on any key and time, and keeps the signature secret", async () => {
    const key = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
      .filter((text) => !/(^|\/)\.{1,2}(\/|$)/.test(text));
    await fc.assert(
      fc.asyncProperty(key, fc.integer({ min: 1, max: 604_800 }), async (key, seconds) => {
        await using storage = storageAt(80, { clock: new FakeClock() });
        const url = storage.presign({ bucket: "images", key }, seconds);
        const plain = `${url.slice(0, url.indexOf("?"))}?X-Amz-Expires=${seconds}`;
        const signer = new AwsV4Signer({
          ...{ url: plain, accessKeyId: keys.accessKey, secretAccessKey: keys.secretKey, signQuery: true },
          ...{ service: "s3", region: "eu-west-2", datetime: "20260101T120000Z", method: "GET" },
        });
        const expected = (await signer.sign()).url.searchParams.get("X-Amz-Signature");
        expect(new URL(url).searchParams.get("X-Amz-Signature")).toBe(expected);
        expect(secrets.mask(url)).not.toContain(String(expected));
      }),
      { numRuns: propertyRuns(50) },
    );
  });

  it("signs for at most seven days", async () => {
    await using storage = storageAt(80);
    expect(() => storage.presign(place, 604_801)).toThrow(RangeError);
  });
});
