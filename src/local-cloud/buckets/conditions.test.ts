import { describe, expect, it } from "vitest";
import { type BucketAsk, type OpenBuckets, openBuckets } from "../../../tests/support/local-cloud/open-buckets.ts";

/** In place of the object's own date. */
const SAME = "DATE";
const PAST = "Thu, 01 Jan 2015 00:00:00 GMT";
const OTHER = '"00000000000000000000000000000000"';
const OBJECT = "/images/a";
const ABSENT = "/images/absent";

type Conditions = Readonly<Record<string, string>>;

/** The headers of conditions. `TAG` and `DATE` among them stand for the object's own. */
function demanding(conditions: Conditions, tag: string, date = ""): Conditions {
  const entries = Object.entries(conditions);
  return Object.fromEntries(entries.map(([name, value]) => [name, value.replace("TAG", tag).replace(SAME, date)]));
}

async function lastModified({ ask }: OpenBuckets): Promise<string> {
  const { headers } = await ask({ method: "HEAD", url: OBJECT });
  return headers.get("last-modified") ?? "";
}

/** An upload with one part, ready to be completed. */
async function upload({ ask }: OpenBuckets, url: string): Promise<BucketAsk> {
  const { text } = await ask({ method: "POST", url: `${url}?uploads` });
  const id = /<UploadId>(\w+)/.exec(text)?.[1] ?? "";
  const part = await ask({ method: "PUT", url: `${url}?partNumber=1&uploadId=${id}`, body: "part" });
  const body = `<C><Part><PartNumber>1</PartNumber><ETag>${part.headers.get("etag")}</ETag></Part></C>`;
  return { method: "POST", url: `${url}?uploadId=${id}`, body };
}

const writes: Readonly<Record<string, (buckets: OpenBuckets, url: string) => Promise<BucketAsk>>> = {
  PutObject: async (_, url) => ({ method: "PUT", url, body: "new" }),
  CopyObject: async (_, url) => ({ method: "PUT", url, headers: { "x-amz-copy-source": "images/source" } }),
  CompleteMultipartUpload: upload,
};

describe("a write with conditions", () => {
  describe.each(Object.entries(writes))("%s", (_name, requestOf) => {
    it.each<[Conditions, string, string]>([
      [{}, OBJECT, "200"],
      [{ "if-match": "TAG" }, OBJECT, "200"],
      [{ "if-match": "*" }, OBJECT, "200"],
      [{ "if-match": OTHER }, OBJECT, "412 PreconditionFailed"],
      [{ "if-match": OTHER }, ABSENT, "404 NoSuchKey"],
      [{ "if-none-match": "*" }, OBJECT, "412 PreconditionFailed"],
      [{ "if-none-match": "*" }, ABSENT, "200"],
      [{ "if-none-match": OTHER }, OBJECT, "501 NotImplemented"],
    ])("%j of %s is answered %s", async (conditions, url, outcome) => {
      await using buckets = await openBuckets();
      await buckets.put("source");
      const tag = await buckets.put("a");
      const request = await requestOf(buckets, url);
      const headers = { ...request.headers, ...demanding(conditions, tag) };
      expect(await buckets.outcome({ ...request, headers })).toBe(outcome);
      const { status, headers: now } = await buckets.ask({ method: "HEAD", url });
      const isChanged = url === OBJECT ? now.get("etag") !== tag : status === 200;
      expect(isChanged).toBe(outcome === "200");
    });
  });

  it("refuses an object that came while the new one was sent", async () => {
    await using buckets = await openBuckets();
    const first = await upload(buckets, OBJECT);
    const second = await upload(buckets, OBJECT);
    const headers = { "if-none-match": "*" };
    const outcomes = await Promise.all([first, second].map((request) => buckets.outcome({ ...request, headers })));
    expect(outcomes.sort()).toEqual(["200", "412 PreconditionFailed"]);
  });

  it("leaves no content behind when it is refused", async () => {
    await using buckets = await openBuckets();
    await buckets.put("a");
    const headers = { "if-match": OTHER };
    await buckets.outcome({ method: "PUT", url: OBJECT, body: "new", headers });
    await buckets.outcome({ method: "PUT", url: OBJECT, headers: { ...headers, "x-amz-copy-source": "images/a" } });
    expect(await buckets.countBlobs()).toBe(1);
  });
});

describe("a removal with conditions", () => {
  it.each<[Conditions, string, string]>([
    [{ "if-match": "TAG" }, OBJECT, "204"],
    [{ "if-match": "*" }, OBJECT, "204"],
    [{ "if-match": OTHER }, OBJECT, "412 PreconditionFailed"],
    [{ "if-match": "*" }, ABSENT, "404 NoSuchKey"],
    [{}, ABSENT, "204"],
    [{}, `${OBJECT}?versionId=null`, "204"],
    [{}, `${OBJECT}?versionId=another`, "404 NoSuchVersion"],
  ])("%j of %s is answered %s", async (conditions, url, outcome) => {
    await using buckets = await openBuckets();
    const tag = await buckets.put("a");
    expect(await buckets.outcome({ method: "DELETE", url, headers: demanding(conditions, tag) })).toBe(outcome);
    const isGone = url !== ABSENT && outcome === "204";
    expect((await buckets.ask({ method: "HEAD", url: OBJECT })).status).toBe(isGone ? 404 : 200);
  });

  it("of many is judged one by one", async () => {
    await using buckets = await openBuckets();
    const tag = await buckets.put("a");
    for (const key of ["b", "c", "d"]) await buckets.put(key);
    const named = ["a", "b", "c", "d"].map((key, index) => {
      const demand = [`<ETag>${tag}</ETag>`, `<ETag>${tag}</ETag>`, "<VersionId>x</VersionId>", ""][index];
      return `<Object><Key>${key}</Key>${demand}</Object>`;
    });
    const body = `<Delete><Quiet>true</Quiet>${named.join("")}</Delete>`;
    const { status, text } = await buckets.ask({ method: "POST", url: "/images?delete", body });
    expect(status).toBe(200);
    const errors = text.matchAll(/<Error><Key>(\w)<\/Key>(?:<VersionId>\w*<\/VersionId>)?<Code>(\w+)<\/Code>/g);
    expect([...errors].map(([, key, code]) => `${key} ${code}`)).toEqual(["b PreconditionFailed", "c NoSuchVersion"]);
    const { text: list } = await buckets.ask({ url: "/images" });
    expect([...list.matchAll(/<Key>(\w)/g)].map(([, key]) => key)).toEqual(["b", "c"]);
  });
});

describe("a read with conditions", () => {
  const cases: readonly (readonly [Conditions, string])[] = [
    [{ "if-match": "TAG" }, "200"],
    [{ "if-match": OTHER }, "412"],
    [{ "if-none-match": "TAG" }, "304"],
    [{ "if-none-match": OTHER }, "200"],
    [{ "if-modified-since": SAME }, "304"],
    [{ "if-modified-since": PAST }, "200"],
    [{ "if-modified-since": "yesterday" }, "200"],
    [{ "if-unmodified-since": PAST }, "412"],
    [{ "if-unmodified-since": SAME }, "200"],
    [{ "if-match": "TAG", "if-unmodified-since": PAST }, "200"],
    [{ "if-none-match": OTHER, "if-modified-since": SAME }, "200"],
  ];

  it.each(cases)("%j is answered %s", async (conditions, outcome) => {
    await using buckets = await openBuckets();
    const tag = await buckets.put("a");
    const date = await lastModified(buckets);
    const { status } = await buckets.ask({ url: OBJECT, headers: demanding(conditions, tag, date) });
    expect(String(status)).toBe(outcome);
  });

  it.each(cases)("of a copy's source is judged in the same way: %j", async (conditions, outcome) => {
    await using buckets = await openBuckets();
    const tag = await buckets.put("a");
    const { url: part } = await upload(buckets, "/images/in-parts");
    const demanded = demanding(conditions, tag, await lastModified(buckets));
    const named = Object.entries(demanded).map(([name, value]) => [`x-amz-copy-source-${name}`, value]);
    const headers = { ...Object.fromEntries(named), "x-amz-copy-source": "images/a" };
    for (const url of ["/images/copy", `${part}&partNumber=2`]) {
      const expected = outcome === "200" ? "200" : "412 PreconditionFailed";
      expect(await buckets.outcome({ method: "PUT", url, headers })).toBe(expected);
    }
  });

  it("has a range only of the object that If-Range names", async () => {
    await using buckets = await openBuckets();
    const tag = await buckets.put("a", "content");
    const date = await lastModified(buckets);
    for (const [value, text] of [
      [tag, "con"],
      [date, "con"],
      [OTHER, "content"],
      [PAST, "content"],
    ] as const) {
      const headers = { range: "bytes=0-2", "if-range": value };
      expect([value, (await buckets.ask({ url: OBJECT, headers })).text]).toEqual([value, text]);
    }
  });

  it("knows no version but null", async () => {
    await using buckets = await openBuckets();
    await buckets.put("a");
    expect(await buckets.outcome({ url: `${OBJECT}?versionId=null` })).toBe("200");
    expect(await buckets.outcome({ url: `${OBJECT}?versionId=1` })).toBe("404 NoSuchVersion");
    for (const [version, outcome] of [
      ["null", "200"],
      ["1", "404 NoSuchVersion"],
    ]) {
      const headers = { "x-amz-copy-source": `images/a?versionId=${version}` };
      expect(await buckets.outcome({ method: "PUT", url: "/images/copy", headers })).toBe(outcome);
    }
  });
});

describe("a request that says whose the bucket is", () => {
  it("is refused when another account has it", async () => {
    await using buckets = await openBuckets();
    await buckets.put("a");
    const [own, other] = [buckets.cloud.account("builder").id, buckets.cloud.account("other").id];
    const copy = { "x-amz-copy-source": "images/a" };
    for (const [headers, outcome] of [
      [{ "x-amz-expected-bucket-owner": own }, "200"],
      [{ "x-amz-expected-bucket-owner": other }, "403 AccessDenied"],
      [{ ...copy, "x-amz-source-expected-bucket-owner": own }, "200"],
      [{ ...copy, "x-amz-source-expected-bucket-owner": other }, "403 AccessDenied"],
      [{ ...copy, "x-amz-expected-bucket-owner": other }, "403 AccessDenied"],
    ] as const) {
      const request = { method: "PUT", url: "/images/b", headers };
      expect([headers, await buckets.outcome(request)]).toEqual([headers, outcome]);
    }
  });
});
