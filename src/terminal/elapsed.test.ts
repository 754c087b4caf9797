import { describe, expect, it } from "vitest";
import { inSeconds, inShort, inWords } from "./elapsed.ts";

describe("inWords()", () => {
  it.each([
    [0, "0 milliseconds"],
    [1, "1 millisecond"],
    [2_040, "2 seconds 40 milliseconds"],
    [65_250, "1 minute 5 seconds"],
    [7_200_000, "2 hours"],
    [90_061_000, "1 day 1 hour"],
  ])("%i ms is %s", (ms, text) => {
    expect(inWords(ms)).toBe(text);
  });
});

describe("inShort()", () => {
  it.each([
    [999, "0s"],
    [59_999, "59s"],
    [65_000, "1m05s"],
    [7_380_000, "2h03m"],
  ])("%i ms is %s", (ms, text) => {
    expect(inShort(ms)).toBe(text);
  });
});

describe("inSeconds()", () => {
  it.each([
    [4, "0.00 s"],
    [450, "0.45 s"],
    [12_345, "12.3 s"],
    [125_000, "2 m 05 s"],
  ])("%i ms is %s", (ms, text) => {
    expect(inSeconds(ms)).toBe(text);
  });
});
