import { encode } from "@msgpack/msgpack";
import { array, assert, integer, jsonValue, oneof, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { captured } from "../../../tests/support/packer-plugin/fake-core.ts";
import { propertyRuns } from "../../../tests/support/suite/sample.ts";
import { ValueSplitter } from "./value-splitter.ts";

function split(...chunks: readonly Uint8Array[]): Buffer[] {
  const splitter = new ValueSplitter();
  return chunks.flatMap((chunk) => [...splitter.push(Buffer.from(chunk))]);
}

describe("ValueSplitter", () => {
  it("finds every value again, wherever the bytes are cut", () => {
    const value = oneof(jsonValue(), uint8Array({ maxLength: 300 }));
    assert(
      property(array(value, { minLength: 1, maxLength: 5 }), integer({ min: 1, max: 40 }), (values, size) => {
        const encoded = values.map((each) => Buffer.from(encode(each)));
        const all = Buffer.concat(encoded);
        const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
          all.subarray(at * size, (at + 1) * size),
        );
        expect(split(...chunks)).toEqual(encoded);
      }),
      { numRuns: propertyRuns(200) },
    );
  });

  it.each([
    ["nil", "c0"],
    ["a timestamp", "d7 ff d6 c5 23 dc 6b 03 2e 5d"],
    ["a float", "cb 40 45 00 00 00 00 00 00"],
    ["signed and unsigned numbers", "94 d2 00 b7 1b 00 cd 01 a4 d3 00 00 00 00 00 00 00 01 ff"],
    ["an extension with a length", "c7 03 05 01 02 03"],
    ["an empty string in a map", "81 a0 a0"],
    ["a long array and a long map", "dd 00 00 00 01 df 00 00 00 01 a1 61 90"],
  ])("takes %s for one value", (_, bytes) => {
    expect(split(captured(bytes), captured("c0"))).toEqual([captured(bytes), captured("c0")]);
  });

  it("waits for the rest of a value", () => {
    expect(split(captured("92 01"))).toEqual([]);
  });

  it.each([
    ["the tag that nothing has", "c1", "unknown tag 193"],
    ["text that is too large", "db ff ff ff ff", "too large"],
    ["values nested without end", "91".repeat(300), "nested too deeply"],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => split(captured(bytes))).toThrow(message);
  });

  it("refuses a message that never ends", () => {
    const splitter = new ValueSplitter();
    [...splitter.push(captured("dd ff ff ff ff"))];
    const chunk = Buffer.alloc(1024 * 1024);
    const fill = () => {
      for (let count = 0; count < 70; count++) [...splitter.push(chunk)];
    };
    expect(fill).toThrow("too large");
  });
});
