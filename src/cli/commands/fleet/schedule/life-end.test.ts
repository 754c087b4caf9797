import { describe, expect, it } from "vitest";
import { lifeEnd } from "./life-end.ts";

const now = Date.parse("2026-03-10T12:00:00Z");

describe("lifeEnd()", () => {
  it("is the end of a day, at most a year away, which is the default", () => {
    expect(lifeEnd("2026-03-10", now)).toBe(Date.parse("2026-03-10T23:59:59Z"));
    expect(lifeEnd(undefined, now)).toBe(Date.parse("2027-03-10T23:59:59Z"));
    expect(lifeEnd("2027-03-10", now)).toBe(Date.parse("2027-03-10T23:59:59Z"));
  });

  it.each([
    ["2026-03-09", "-until 2026-03-09 is over"],
    ["2027-03-11", "-until 2027-03-11 is more than a year away"],
    ["2026-02-30", '-until must be a day such as 2027-01-31, not "2026-02-30"'],
    ["tomorrow", '-until must be a day such as 2027-01-31, not "tomorrow"'],
  ])("refuses %s", (text, message) => {
    expect(() => lifeEnd(text, now)).toThrow(message);
  });
});
