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
