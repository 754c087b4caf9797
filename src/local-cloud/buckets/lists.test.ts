import { describe, expect, it } from "vitest";
import { openBuckets } from "../../../tests/support/local-cloud/open-buckets.ts";

describe("a list of objects", () => {
  it("takes an empty number for the default, and no other text", async () => {
    await using buckets = await openBuckets();
    await buckets.put("a");
    const { text } = await buckets.ask({ url: "/images?list-type=2&max-keys=" });
    expect(text).toContain("<MaxKeys>1000</MaxKeys>");
    expect(text).toContain("<Key>a</Key>");
    for (const value of ["x", "-1", "1.5"]) {
      expect(await buckets.outcome({ url: `/images?max-keys=${value}` })).toBe("400 InvalidArgument");
    }
    const upload = await buckets.ask({ method: "POST", url: "/images/a?uploads" });
    const id = /<UploadId>(\w+)/.exec(upload.text)?.[1];
    for (const [marker, outcome] of [
      ["", "200"],
      ["0", "200"],
      ["x", "400 InvalidArgument"],
    ]) {
      const url = `/images/a?uploadId=${id}&part-number-marker=${marker}`;
      expect(await buckets.outcome({ url })).toBe(outcome);
    }
  });

  it("goes on with what is common, once", async () => {
    await using buckets = await openBuckets();
    for (const key of ["a", "p/1", "p/2", "q/1"]) await buckets.put(key);
    const names: string[] = [];
    let token = "";
    do {
      const { text } = await buckets.ask({ url: `/images?list-type=2&delimiter=/&max-keys=1${token}` });
      names.push(...[...text.matchAll(/<(?:Key|CommonPrefixes><Prefix)>([^<]*)/g)].map(([, name = ""]) => name));
      const next = /<NextContinuationToken>([^<]*)/.exec(text)?.[1];
      token = next === undefined ? "" : `&continuation-token=${next}`;
    } while (token !== "");
    expect(names).toEqual(["a", "p/", "q/"]);
    const { text } = await buckets.ask({ url: "/images?list-type=2&delimiter=/&start-after=a" });
    expect(text).toContain("<StartAfter>a</StartAfter>");
    expect(text).toContain("<Prefix>p/</Prefix>");
  });
});
