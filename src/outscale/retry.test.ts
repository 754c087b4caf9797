import { describe, expect, it } from "vitest";
import { type ActionName, actions } from "./oapi.ts";
import { defaultRetry, effectOf, isRetryable, parseRetryAfter, retryDelayMs } from "./retry.ts";

describe("effectOf()", () => {
  it("says of every action what sending it twice does", () => {
    const once = Object.keys(actions).filter((action) => effectOf(action as ActionName, {}) === "once");
    expect(once).toEqual([
      "CreateImage",
      "CreateImageExportTask",
      "CreateSnapshot",
      "CreateSnapshotExportTask",
      "CreateVolume",
      "LinkVolume",
    ]);
    const repeatable = Object.keys(actions).filter((action) => effectOf(action as ActionName, {}) === "repeatable");
    expect(repeatable).toEqual([
      "CreateTags",
      "DeleteImage",
      "DeleteSnapshot",
      "DeleteTags",
      "DeleteVolume",
      "UnlinkVolume",
      "UpdateImage",
      "UpdateSnapshot",
      "UpdateVolume",
    ]);
  });

  it("trusts a client token", () => {
    expect(effectOf("CreateVolume", { ClientToken: "t" })).toBe("repeatable");
    expect(effectOf("CreateSnapshot", { ClientToken: "" })).toBe("once");
  });
});

describe("isRetryable()", () => {
  it.each([
    ["read", true, false, true],
    ["read", false, false, false],
    ["repeatable", true, true, true],
    ["once", true, false, true],
    ["once", true, true, false],
  ] as const)("of a %s call, transient %s, ambiguous %s: %s", (effect, isTransient, ambiguous, expected) => {
    expect(isRetryable(effect, { isTransient, failure: { ambiguous } })).toBe(expected);
  });
});

describe("retryDelayMs()", () => {
  it("doubles up to the cap, half of it by chance", () => {
    const longest = [1, 2, 3, 7, 20].map((attempt) => retryDelayMs(attempt, defaultRetry, undefined, 1));
    expect(longest).toEqual([500, 1000, 2000, 30_000, 30_000]);
    expect(retryDelayMs(3, defaultRetry, undefined, 0)).toBe(1000);
  });

  it("waits at least as long as it is asked to", () => {
    expect(retryDelayMs(1, defaultRetry, 45_000, 0)).toBe(45_000);
    expect(retryDelayMs(1, defaultRetry, 0, 1)).toBe(500);
  });
});

describe("parseRetryAfter()", () => {
  const now = Date.UTC(2026, 0, 1, 12);
  it.each([
    ["7", 7000],
    ["Thu, 01 Jan 2026 12:00:30 GMT", 30_000],
    ["Thu, 01 Jan 2026 11:00:00 GMT", 0],
    ["soon", undefined],
    [undefined, undefined],
  ])("reads %s as %s", (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });
});
