import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type OpenBuckets, openBuckets } from "../../../tests/support/local-cloud/open-buckets.ts";

const MIB = 1024 ** 2;

async function beginUpload({ ask }: OpenBuckets, key: string): Promise<string> {
  const { text } = await ask({ method: "POST", url: `/images/${key}?uploads` });
  return /<UploadId>(\w+)/.exec(text)?.[1] ?? "";
}

describe("a part that is copied", () => {
  it("is a range of another object, and an object is made of such parts and others", async () => {
    await using buckets = await openBuckets();
    const source = randomBytes(7 * MIB);
    await buckets.put("a%20b", source);
    const id = await beginUpload(buckets, "target");
    const url = (number: number) => `/images/target?partNumber=${number}&uploadId=${id}`;
    const ranges = [`bytes=0-${5 * MIB - 1}`, `bytes=${5 * MIB}-${7 * MIB - 1}`];
    const etags: string[] = [];
    for (const [index, range] of ranges.entries()) {
      const headers = { "x-amz-copy-source": "/images/a%20b", "x-amz-copy-source-range": range };
      const { status, text } = await buckets.ask({ method: "PUT", url: url(index + 1), headers });
      expect([status, text]).toEqual([200, expect.stringContaining("<CopyPartResult ")]);
      expect(text).toMatch(/<LastModified>\d{4}-/);
      etags.push(/<ETag>&#34;(\w{32})&#34;<\/ETag>/.exec(text)?.[1] ?? "");
    }
    const parts = etags.map((etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
    const body = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
    expect(await buckets.outcome({ method: "POST", url: `/images/target?uploadId=${id}`, body })).toBe("200");
    const whole = { method: "PUT", url: "/images/copy", headers: { "x-amz-copy-source": "images/target" } };
    expect(await buckets.outcome(whole)).toBe("200");
    const { headers } = await buckets.ask({ method: "HEAD", url: "/images/copy" });
    expect(headers.get("content-length")).toBe(String(7 * MIB));
    const md5 = (await buckets.ask({ method: "HEAD", url: "/images/a%20b" })).headers.get("etag");
    expect(headers.get("etag")).toBe(md5);
  });

  it.each([
    ["bytes=0-4", "400 InvalidArgument"],
    ["bytes=3-", "400 InvalidArgument"],
    ["bytes=2-1", "400 InvalidArgument"],
    ["bytes=a-b", "400 InvalidArgument"],
    ["bytes=0-3", "200"],
  ])("has to be a range that is there: %s", async (range, outcome) => {
    await using buckets = await openBuckets();
    await buckets.put("four");
    const id = await beginUpload(buckets, "target");
    const url = `/images/target?partNumber=1&uploadId=${id}`;
    const headers = { "x-amz-copy-source": "images/four", "x-amz-copy-source-range": range };
    expect(await buckets.outcome({ method: "PUT", url, headers })).toBe(outcome);
  });
});

describe("a copy", () => {
  it("finds no tags to take along", async () => {
    await using buckets = await openBuckets();
    await buckets.put("a");
    expect(await buckets.ask({ url: "/images/a?tagging" })).toMatchObject({
      status: 200,
      text: expect.stringContaining("<TagSet></TagSet>"),
    });
    expect(await buckets.outcome({ method: "PUT", url: "/images/a?tagging" })).toBe("501 NotImplemented");
    expect(await buckets.outcome({ url: "/images/absent?tagging" })).toBe("404 NoSuchKey");
  });

  it("is of what the caller may read, and leaves nothing where it is refused", async () => {
    await using buckets = await openBuckets();
    await buckets.put("a");
    const id = await beginUpload(buckets, "target");
    const refusals = { "images/absent": "404 NoSuchKey", "absent/a": "404 NoSuchBucket", "": "400 InvalidArgument" };
    for (const url of ["/images/target", `/images/target?partNumber=1&uploadId=${id}`]) {
      for (const [source, outcome] of Object.entries(refusals)) {
        const headers = { "x-amz-copy-source": source };
        expect([url, source, await buckets.outcome({ method: "PUT", url, headers })]).toEqual([url, source, outcome]);
      }
    }
    await buckets.askAs("other", { method: "PUT", url: "/others" });
    const theft = { method: "PUT", url: "/others/a", headers: { "x-amz-copy-source": "images/a" } };
    expect((await buckets.askAs("other", theft)).code).toBe("AccessDenied");
    const stray = { method: "PUT", url: "/images/target?partNumber=1&uploadId=none" };
    expect(await buckets.outcome({ ...stray, headers: { "x-amz-copy-source": "images/a" } })).toBe("404 NoSuchUpload");
    expect(await buckets.countBlobs()).toBe(1);
  });
});
