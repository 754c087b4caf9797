import { describe, expect, it } from "vitest";
import { formatRfc3339, formatTime, strftime } from "./time-layout.ts";

const afternoon = new Date("2026-11-22T15:04:05.670Z");
const midnight = new Date("2024-12-31T00:09:00Z");

describe("formatTime()", () => {
  it.each([
    ["Mon Jan _2 15:04:05 2006", "Sun Nov 22 15:04:05 2026", "Tue Dec 31 00:09:00 2024"],
    ["Monday, 02-Jan-06 15:04:05 MST", "Sunday, 22-Nov-26 15:04:05 UTC", "Tuesday, 31-Dec-24 00:09:00 UTC"],
    ["3:04PM 03:04 pm 3 4 5 1 2", "3:04PM 03:04 pm 3 4 5 11 22", "12:09AM 12:09 am 12 9 0 12 31"],
    ["002 __2", "326 326", "366 366"],
    ["2006-01-02T15:04:05.999999999Z07:00", "2026-11-22T15:04:05.67Z", "2024-12-31T00:09:00Z"],
    [".000 .00 .0000000000 .9 ,999", ".670 .67 .670000000 .6 ,67", ".000 .00 .000000000  "],
    ["-070000 -07:00:00 Z070000 Z07:00:00", "+000000 +00:00:00 Z Z", "+000000 +00:00:00 Z Z"],
    ["_2006 __2006", "_2026 326026", "_2024 366024"],
    ["Month January Janus", "Month November Janus", "Month December Janus"],
    [".0001 x", ".0011 x", ".0012 x"],
    ["", "", ""],
  ])("%s", (layout, first, second) => {
    expect([formatTime(afternoon, layout), formatTime(midnight, layout)]).toEqual([first, second]);
  });
});

describe("formatRfc3339()", () => {
  it("has whole seconds", () => expect(formatRfc3339(afternoon)).toBe("2026-11-22T15:04:05Z"));
});

describe("strftime()", () => {
  it("knows Packer's directives, and leaves others", () => {
    expect(strftime(afternoon, "%A %a %B %b %d %H %I %L %M %m %p %S %Y %y %Z %z %% %j %")).toBe(
      "Sunday Sun November Nov 22 15 03 .670 04 11 PM 05 2026 26 UTC +0000 % %j %",
    );
  });
});
