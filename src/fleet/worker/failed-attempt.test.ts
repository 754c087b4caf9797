import { describe, expect, it } from "vitest";
import { pauseMs } from "./failed-attempt.ts";

describe("pauseMs()", () => {
  it("grows fourfold up to a quarter of an hour, and half of it is random", () => {
    expect([1, 2, 3, 4].map((attempt) => pauseMs(attempt, 30_000, 1))).toEqual([30_000, 120_000, 480_000, 900_000]);
    expect(pauseMs(1, 30_000, 0)).toBe(15_000);
    expect(pauseMs(2, 30_000, 0.5)).toBe(90_000);
    expect(pauseMs(10, 900_000, 1)).toBe(900_000);
  });
});
