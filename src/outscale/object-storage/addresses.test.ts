import { describe, expect, it } from "vitest";
import { joinKey } from "./addresses.ts";

describe("joinKey()", () => {
  it.each([
    ["images", ["run", "disk.qcow2"], "images/run/disk.qcow2"],
    ["images/", ["run"], "images/run"],
    ["deep/er//", ["run"], "deep/er/run"],
    ["", ["run", "disk.qcow2"], "run/disk.qcow2"],
    ["images", ["run", ""], "images/run"],
  ])("joins %j and %j", (prefix, parts, key) => {
    expect(joinKey(prefix, ...parts)).toBe(key);
  });
});
