import { describe, expect, it } from "vitest";
import { captured } from "../../../tests/support/packer-plugin/fake-core.ts";
import { encodeHeader, Flag, type Frame, FrameReader, FrameType } from "./frame.ts";

// As Packer 1.6.6 and a plugin exchanged them.
const table: readonly (readonly [string, string, Omit<Frame, "body">])[] = [
  ["the start of a stream", "00 01 0001 00000001 00000000", { type: 1, flags: Flag.Syn, streamId: 1, length: 0 }],
  ["its acknowledgement", "00 01 0002 00000001 00000000", { type: 1, flags: Flag.Ack, streamId: 1, length: 0 }],
  ["a half-close", "00 01 0004 00000008 00000000", { type: 1, flags: Flag.Fin, streamId: 8, length: 0 }],
  ["a window given back", "00 01 0000 00000004 00020000", { type: 1, flags: 0, streamId: 4, length: 131_072 }],
  ["a ping", "00 02 0001 00000000 00000001", { type: FrameType.Ping, flags: Flag.Syn, streamId: 0, length: 1 }],
];

describe("encodeHeader()", () => {
  it.each(table)("writes %s", (_, bytes, header) => {
    expect(encodeHeader(header)).toEqual(captured(bytes));
  });
});

describe("FrameReader", () => {
  const read = (...chunks: readonly Buffer[]) => {
    const reader = new FrameReader();
    return chunks.flatMap((chunk) => [...reader.push(chunk)]);
  };

  it.each(table)("reads %s", (_, bytes, header) => {
    expect(read(captured(bytes))).toEqual([{ ...header, body: Buffer.alloc(0) }]);
  });

  it("gives the same frames wherever the bytes are cut", () => {
    const bytes = captured(
      '00 01 0001 00000001 00000000  00 00 0000 00000001 00000004 "wxyz"  00 02 0001 00000000 00000007',
    );
    const whole = read(bytes);
    expect(whole.map(({ body }) => body.toString())).toEqual(["", "wxyz", ""]);
    for (let at = 0; at <= bytes.length; at++) {
      expect(read(bytes.subarray(0, at), bytes.subarray(at))).toEqual(whole);
    }
    expect(read(...[...bytes].map((byte) => Buffer.of(byte)))).toEqual(whole);
  });

  it.each([
    ["another version", "01 01 0001 00000001 00000000", "version 1"],
    ["an unknown type", "00 04 0001 00000001 00000000", "type 4"],
    ["a body that no window holds", "00 00 0000 00000001 00040001", "262145 bytes"],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => read(captured(bytes))).toThrow(message);
  });
});
