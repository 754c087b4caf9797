import { describe, expect, it } from "vitest";
import { pageOf } from "./pagination.ts";

const NOW = 1_000_000;
const page = (request: { ResultsPerPage?: number; NextPageToken?: string }, items = ["c", "a", "b"], nowMs = NOW) =>
  pageOf(items, request, { keyOf: (item) => item, nowMs });

describe("pageOf()", () => {
  it("gives everything in order, without a token, when no size is asked for", () => {
    expect(page({})).toEqual({ items: ["a", "b", "c"], token: {} });
  });

  it("gives a token while more remain, and none with the last item", () => {
    const first = page({ ResultsPerPage: 2 });
    expect(first.items).toEqual(["a", "b"]);
    expect(page({ ResultsPerPage: 2, ...first.token })).toEqual({ items: ["c"], token: {} });
    expect(page({ ResultsPerPage: 3 }).token).toEqual({});
  });

  it("neither repeats nor skips when items come and go between two pages", () => {
    const { token } = page({ ResultsPerPage: 2 });
    expect(page({ ResultsPerPage: 2, ...token }, ["a", "aa", "c", "d"]).items).toEqual(["c", "d"]);
  });

  it.each([
    ["a size of 0", { ResultsPerPage: 0 }, "bad-parameter"],
    ["a size of 1001", { ResultsPerPage: 1_001 }, "bad-parameter"],
    ["a token without a size", { NextPageToken: "W10=" }, "bad-page-token"],
    ["a token that is not ours", { ResultsPerPage: 1, NextPageToken: "W10=" }, "bad-page-token"],
    ["a token that is no base64", { ResultsPerPage: 1, NextPageToken: "%%" }, "bad-page-token"],
  ])("refuses %s", (_, request, refusal) => {
    expect(() => page(request)).toThrow(expect.objectContaining({ refusal }));
  });

  it("refuses a token that is older than an hour", () => {
    const { token } = page({ ResultsPerPage: 2 });
    const late = () => page({ ResultsPerPage: 2, ...token }, ["a", "b", "c"], NOW + 3_600_001);
    expect(late).toThrow(expect.objectContaining({ refusal: "page-token-expired" }));
  });
});
