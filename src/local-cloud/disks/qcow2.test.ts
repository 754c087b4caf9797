import { describe, expect, it } from "vitest";
import { otherFileOf } from "./qcow2.ts";

function header({ version = 3, backingAt = 0n, features = 0n }): Buffer {
  const bytes = Buffer.alloc(104);
  bytes.write("QFI\xfb", "latin1");
  bytes.writeUInt32BE(version, 4);
  bytes.writeBigUInt64BE(backingAt, 8);
  bytes.writeBigUInt64BE(features, 72);
  return bytes;
}

describe("otherFileOf()", () => {
  it.each([
    ["a whole file of version 3", header({}), undefined],
    ["one that was not closed", header({ features: 1n }), undefined],
    ["one with a backing file", header({ backingAt: 0x168n }), "a backing file"],
    ["one with a backing file, version 2", header({ version: 2, backingAt: 0x168n }), "a backing file"],
    ["one with its data elsewhere", header({ features: 5n }), "an external data file"],
    ["version 2, whose header ends before", header({ version: 2, features: 4n }), undefined],
    ["one that is cut short", header({}).subarray(0, 71), "its header is cut short"],
  ])("of %s", (_, bytes, expected) => {
    expect(otherFileOf(bytes)).toBe(expected);
  });
});
