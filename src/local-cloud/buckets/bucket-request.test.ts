import { describe, expect, it } from "vitest";
import { type BucketReply, openBuckets } from "../../../tests/support/local-cloud/open-buckets.ts";

describe("a request for what there is not", () => {
  it("is refused, and is not taken for another one", async () => {
    await using buckets = await openBuckets();
    const tag = await buckets.put("a");
    for (const [method, url] of [
      ["GET", "/images/a?attributes"],
      ["GET", "/images/a?partNumber=9"],
      ["HEAD", "/images/a?partNumber=2"],
      ["GET", "/images/a?partNumber=0"],
      ["DELETE", "/images/a?partNumber=1"],
      ["GET", "/images/a?torrent"],
      ["GET", "/images/a?legal-hold"],
      ["PUT", "/images/a?renameObject"],
      ["PUT", "/images/a?partNumber=1"],
      ["PUT", "/images/a?encryption"],
      ["PUT", "/images/a?tagging"],
      ["DELETE", "/images/a?tagging"],
      ["POST", "/images/a?restore"],
      ["GET", "/images?session"],
      ["GET", "/images?intelligent-tiering"],
      ["GET", "/images?metadataTable"],
      ["PUT", "/images?metadataConfiguration"],
      ["PUT", "/images?abac"],
      ["DELETE", "/images?ownershipControls"],
      ["DELETE", "/images?metadataInventoryTable"],
      ["DELETE", "/images?metadataJournalTable"],
    ] as const) {
      const { status } = await buckets.ask({ method, url });
      expect([method, url, status]).toEqual([method, url, 501]);
    }
    const { headers } = await buckets.ask({ method: "HEAD", url: "/images/a?x-id=HeadObject" });
    expect(headers.get("etag")).toBe(tag);
  });

  it.each([
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-tagging",
    "x-amz-bucket-object-lock-enabled",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-retain-until-date",
    "x-amz-write-offset-bytes",
    "x-amz-website-redirect-location",
  ])("is refused when the header %s asks for it", async (name) => {
    await using buckets = await openBuckets();
    const put = { method: "PUT", url: "/images/a", body: "a" };
    expect(await buckets.outcome({ ...put, headers: { [name]: "x" } })).toBe("501 NotImplemented");
    expect(await buckets.outcome({ ...put, headers: { "x-amz-tagging-directive": "REPLACE" } })).toBe("200");
  });
});

describe("a bucket without object locks", () => {
  it.each([
    ["false", "200"],
    ["False", "200"],
    ["true", "501 NotImplemented"],
  ])("may be asked for: %s", async (value, outcome) => {
    await using buckets = await openBuckets();
    const headers = { "x-amz-bucket-object-lock-enabled": value };
    expect(await buckets.outcome({ method: "PUT", url: "/another", headers })).toBe(outcome);
  });
});

describe("the first part of an object", () => {
  const url = "/images/a?partNumber=1";
  const seen = ({ status, headers, text }: BucketReply) => {
    const told = ["content-range", "content-length", "x-amz-mp-parts-count"].map((name) => headers.get(name));
    return [status, ...told, text];
  };

  it("is all of one that was not uploaded in parts", async () => {
    await using buckets = await openBuckets();
    await buckets.put("a", "abc");
    expect(seen(await buckets.ask({ url }))).toEqual([206, "bytes 0-2/3", "3", null, "abc"]);
    expect(seen(await buckets.ask({ method: "HEAD", url }))).toEqual([206, "bytes 0-2/3", "3", null, ""]);
  });

  it("is what was uploaded first of one with several", async () => {
    await using buckets = await openBuckets();
    const parts = ["a".repeat(5 * 1024 ** 2), "b"];
    const { text } = await buckets.ask({ method: "POST", url: "/images/a?uploads" });
    const uploadId = /<UploadId>(\w+)/.exec(text)?.[1];
    const named = await Promise.all(
      parts.map(async (body, index) => {
        const part = `/images/a?partNumber=${index + 1}&uploadId=${uploadId}`;
        const { headers } = await buckets.ask({ method: "PUT", url: part, body });
        return `<Part><PartNumber>${index + 1}</PartNumber><ETag>${headers.get("etag")}</ETag></Part>`;
      }),
    );
    const body = `<CompleteMultipartUpload>${named.join("")}</CompleteMultipartUpload>`;
    expect(await buckets.outcome({ method: "POST", url: `/images/a?uploadId=${uploadId}`, body })).toBe("200");
    const head = await buckets.ask({ method: "HEAD", url });
    expect(seen(head)).toEqual([206, "bytes 0-5242879/5242881", "5242880", "2", ""]);
    expect((await buckets.ask({ url })).text).toBe(parts[0]);
  });

  it("is nothing of an empty one, which has no range", async () => {
    await using buckets = await openBuckets();
    await buckets.put("a", "");
    expect(seen(await buckets.ask({ url }))).toEqual([200, null, "0", null, ""]);
  });

  it("is no range of it", async () => {
    await using buckets = await openBuckets();
    await buckets.put("a");
    expect(await buckets.outcome({ url, headers: { range: "bytes=0-0" } })).toBe("400 InvalidRequest");
  });
});

describe("a bucket's LocationConstraint", () => {
  it.each([
    ["<LocationConstraint>eu-west-2</LocationConstraint>", "200"],
    ["<LocationConstraint>us-east-2</LocationConstraint>", "400 IllegalLocationConstraintException"],
    ["<LocationConstraint>EU</LocationConstraint>", "400 IllegalLocationConstraintException"],
    ["<LocationConstraint/>", "200"],
    ["", "200"],
  ])("is the region that is asked: %s", async (constraint, outcome) => {
    await using buckets = await openBuckets();
    const body = `<CreateBucketConfiguration>${constraint}</CreateBucketConfiguration>`;
    expect(await buckets.outcome({ method: "PUT", url: "/another", body })).toBe(outcome);
  });

  it("stands in XML", async () => {
    await using buckets = await openBuckets();
    expect(await buckets.outcome({ method: "PUT", url: "/another", body: "{}" })).toBe("400 MalformedXML");
  });
});

describe("what a URL asks its answer to say of itself", () => {
  it.each([
    ["attachment; filename=a.txt", "200"],
    ["filename=%C3%BC", "200"],
    ["filename=%E2%82%AC", "400 InvalidArgument"],
    ["a%0D%0Ab:%20c", "400 InvalidArgument"],
    ["a%00", "400 InvalidArgument"],
    ["a%7F", "400 InvalidArgument"],
  ])("is a header's value: %s", async (value, outcome) => {
    await using buckets = await openBuckets();
    await buckets.put("a");
    expect(await buckets.outcome({ url: `/images/a?response-content-disposition=${value}` })).toBe(outcome);
  });

  it("is said of an object as it was stored, though it is not ASCII", async () => {
    await using buckets = await openBuckets();
    const headers = { "content-disposition": 'filename="\u00fc"' };
    await buckets.ask({ method: "PUT", url: "/images/a", headers, body: "a" });
    const answer = await buckets.ask({ url: "/images/a" });
    expect([answer.status, answer.headers.get("content-disposition")]).toEqual([200, headers["content-disposition"]]);
  });
});
