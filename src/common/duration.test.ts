import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

describe("parseDuration()", () => {
  it.each([
    ["0", 0],
    ["10s", 10_000],
    ["1h15m30.5s", 4_530_500],
    ["-1.5h", -5_400_000],
    ["+250ms", 250],
    [".5s", 500],
    ["1.s", 1_000],
    ["500us", 0.5],
    ["500µs", 0.5],
  ])("%s is %d ms", (text, ms) => expect(parseDuration(text)).toBeCloseTo(ms, 9));

  it.each(["", "10", "s", "10 s", "1d", "1h 5m", "-", ".", "5m!", "1e3s"])("%j is no duration", (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );
});

describe("formatDuration()", () => {
  it.each([
    [0, "0s"],
    [250, "250ms"],
    [10_000, "10s"],
    [90_000, "1m30s"],
    [300_000, "5m0s"],
    [4_530_500, "1h15m30.5s"],
    [-1_500, "-1.5s"],
  ])("%d ms is %s", (ms, text) => expect(formatDuration(ms)).toBe(text));
});
