import { describe, expect, it } from "vitest";
import { attemptId, copyName, rehearsalName } from "./temporary-names.ts";

describe("rehearsalName()", () => {
  it("is the name with the run's id, within 128 characters", () => {
    expect(rehearsalName("web", "0123456789ab")).toBe("web-0123456789ab");
    const long = rehearsalName("w".repeat(128), "0123456789ab");
    expect([long.length, long.endsWith("-0123456789ab")]).toEqual([128, true]);
  });
});

describe("copyName()", () => {
  it("has only letters that the API takes, and the run's id whole", () => {
    expect(copyName("Debian: 12 [é]", "0123456789ab")).toBe("Debian- 12 -----copy-0123456789ab");
    expect(copyName("x".repeat(200), "0123456789ab")).toHaveLength(128);
  });
});

it("attemptId() is another one for each try", () => {
  expect([undefined, 1, 2, 3].map((attempt) => attemptId("0123456789ab", attempt))).toEqual([
    ...["0123456789ab", "0123456789ab"],
    ...["0123456789ab-2", "0123456789ab-3"],
  ]);
});
