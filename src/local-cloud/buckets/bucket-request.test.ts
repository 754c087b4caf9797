import { describe, expect, it } from "vitest";
import { openBuckets } from "../../../tests/support/local-cloud/open-buckets.ts";

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
