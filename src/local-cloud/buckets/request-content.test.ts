import { IncomingMessage, request as openRequest } from "node:http";
import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { openBuckets } from "../../../tests/support/local-cloud/open-buckets.ts";
import type { BucketRequest } from "./bucket-request.ts";
import { readBody } from "./request-content.ts";

const LARGEST = 8 * 1024 ** 2;

function requestOf(headers: BucketRequest["headers"] = {}): BucketRequest {
  const body = new IncomingMessage(new Socket());
  const address = { rawPath: "/images", bucket: "images", key: undefined, query: new Map([["acl", ""]]) };
  return { ...address, method: "PUT", operation: "PutBucketAcl", headers, body };
}

describe("readBody()", () => {
  it("refuses a large body before it comes", async () => {
    const request = requestOf({ "content-length": String(LARGEST + 1) });
    await expect(readBody(request)).rejects.toMatchObject({ code: "EntityTooLarge" });
  });

  it("holds so much at a time, whoever sends it, and takes more when some of it is done", async () => {
    const requests = Array.from({ length: 9 }, () => requestOf());
    const readings = requests.map(async (request, index) => {
      await readBody(request);
      return index;
    });
    for (const { body } of requests) body.push(Buffer.alloc(LARGEST - 1));
    await expect(Promise.race(readings)).rejects.toMatchObject({ code: "SlowDown" });
    for (const { body } of requests) body.push(null);
    const settled = await Promise.allSettled(readings);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(8);
    const next = requestOf();
    next.body.push(Buffer.alloc(LARGEST - 1));
    next.body.push(null);
    expect(await readBody(next)).toHaveLength(LARGEST - 1);
  });
});

/** Of "123456789", in base64. */
const SUMS = {
  crc32: "y/Q5Jg==",
  crc32c: "4waSgw==",
  crc64nvme: "rosUhgp5mIg=",
  sha1: "98O8HYCOBHMq32eZZczDTKeuNEE=",
  sha256: "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
};

describe("a checksum of a body", () => {
  const body = "123456789";
  it.each(Object.entries(SUMS))("%s is checked in a header", async (name, sum) => {
    await using buckets = await openBuckets();
    const put = { method: "PUT", url: "/images/a", body };
    const header = `x-amz-checksum-${name}`;
    expect(await buckets.outcome({ ...put, headers: { [header]: sum } })).toBe("200");
    expect(await buckets.outcome({ ...put, body: "12345678", headers: { [header]: sum } })).toBe("400 BadDigest");
    expect(await buckets.outcome({ ...put, headers: { [header]: "x" } })).toBe("400 BadDigest");
    expect(await buckets.countBlobs()).toBe(1);
  });

  it.each(Object.entries(SUMS))("%s is checked behind the chunks", async (name, sum) => {
    await using buckets = await openBuckets();
    const trailer = `x-amz-checksum-${name}`;
    const headers = {
      "content-encoding": "aws-chunked",
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": "9",
      "x-amz-trailer": trailer,
    };
    const put = (end: string) =>
      buckets.outcome({ method: "PUT", url: "/images/a", headers, body: `4\r\n1234\r\n5\r\n56789\r\n0\r\n${end}` });
    expect(await put(`${trailer}:${sum}\r\n\r\n`)).toBe("200");
    expect(await put(`${trailer} : ${sum} \n\r\n`)).toBe("200");
    expect(await put(`${trailer}:AAAA\r\n\r\n`)).toBe("400 BadDigest");
    expect(await put("\r\n")).toBe("400 MalformedTrailerError");
    expect(await put(`x: ${"y".repeat(100_000)}\r\n\r\n`)).toBe("400 MalformedTrailerError");
  });

  it("is checked of lists, and is the object's where an upload is completed", async () => {
    await using buckets = await openBuckets();
    const list = { method: "POST", url: "/images?delete", body: "<Delete><Object><Key>a</Key></Object></Delete>" };
    expect(await buckets.outcome({ ...list, headers: { "x-amz-checksum-crc32": SUMS.crc32 } })).toBe("400 BadDigest");
    const { text } = await buckets.ask({ method: "POST", url: "/images/a?uploads" });
    const id = /<UploadId>(\w+)/.exec(text)?.[1];
    const part = await buckets.ask({ method: "PUT", url: `/images/a?partNumber=1&uploadId=${id}`, body });
    const complete = `<C><Part><PartNumber>1</PartNumber><ETag>${part.headers.get("etag")}</ETag></Part></C>`;
    const headers = { "x-amz-checksum-crc32": SUMS.crc32, "x-amz-checksum-type": "FULL_OBJECT" };
    const url = `/images/a?uploadId=${id}`;
    expect(await buckets.outcome({ method: "POST", url, headers, body: complete })).toBe("200");
  });
});

describe("a request that is refused for who sends it", () => {
  it.each([
    ["PUT", "/images?acl"],
    ["PUT", "/images/a?acl"],
    ["POST", "/images/a?uploads"],
    ["POST", "/images/a?uploadId=1"],
    ["POST", "/images?delete"],
    ["PUT", "/another"],
    ["PUT", "/images/a"],
  ])("is answered before its body comes: %s %s", async (method, path) => {
    await using buckets = await openBuckets();
    await buckets.put("a");
    const headers = { "content-length": LARGEST };
    const request = openRequest(buckets.cloud.storageEndpoint + path, { method, headers });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request.on("response", (response) => resolve(response.statusCode)).on("error", reject);
      request.flushHeaders();
    });
    request.on("error", () => undefined).destroy();
    expect(status).toBe(403);
  });
});
