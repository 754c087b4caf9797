import { describe, expect, it } from "vitest";
import { captured } from "../../../tests/support/packer-plugin/fake-core.ts";
import { hclShapes } from "../../config/hcl-shape.ts";
import { encodeGobSpec, ObjectSpecName } from "./gob-spec.ts";
import { encodeProtobufSpec } from "./protobuf-spec.ts";

const region = { region: { kind: "attribute", type: "string" } } as const;

describe("encodeProtobufSpec()", () => {
  it("writes one attribute as protoc reads it", () => {
    expect(encodeProtobufSpec(region)).toEqual(
      captured('0a 26 0a 24 0a 06 "region" 12 1a 12 18 0a 06 "region" 12 0e 0a 0c 0a 0a "cty.String"'),
    );
  });

  it("writes lengths of more than one byte", () => {
    const bytes = encodeProtobufSpec(hclShapes);
    const length = (bytes[1] ?? 0) - 128 + (bytes[2] ?? 0) * 128;
    expect({ tag: bytes[0], length }).toEqual({ tag: 0x0a, length: bytes.length - 3 });
  });

  it("writes nested lists, blocks and lists of blocks", () => {
    const list = encodeProtobufSpec({ m: { kind: "attribute", type: { list: { map: "number" } } } });
    expect(list.subarray(-24)).toEqual(captured('12 16 12 14 0a 12 1a 10 0a 0e 0a 0c 0a 0a "cty.Number"'));
    const body = { kind: "block", body: { a: { kind: "attribute", type: "bool" } } } as const;
    const single = encodeProtobufSpec({ b: { ...body, repeated: false } });
    const repeated = encodeProtobufSpec({ b: { ...body, repeated: true } });
    const nested = encodeProtobufSpec(body.body);
    // Spec: the object's one entry, then field 3 (block: 1 name, 3 body) or 4 (list of blocks: 1 name, 2 body).
    expect(single.subarray(11)).toEqual(Buffer.concat([captured('0a 01 "b" 1a'), Buffer.of(nested.length), nested]));
    expect(repeated.subarray(11)).toEqual(Buffer.concat([captured('0a 01 "b" 12'), Buffer.of(nested.length), nested]));
    expect([single[9], repeated[9]]).toEqual([0x1a, 0x22]);
  });
});

describe("encodeGobSpec()", () => {
  it("writes one attribute as Go reads it", () => {
    const definitions = `
      1a ff 81 04 01 01 0a "ObjectSpec" 01 ff 82 00 01 0c 01 10 00 00
      36 ff 83 03 01 01 08 "AttrSpec" 01 ff 84 00 01 03 01 04 "Name" 01 0c 00 01 04 "Type" 01 ff 86 00 01 08 "Required" 01 02 00 00 00
      10 ff 85 05 01 01 04 "Type" 01 ff 86 00 00 00
      4d ff 87 03 01 01 0d "BlockListSpec" 01 ff 88 00 01 04 01 08 "TypeName" 01 0c 00 01 06 "Nested" 01 10 00
        01 08 "MinItems" 01 04 00 01 08 "MaxItems" 01 04 00 00 00
      3c ff 89 03 01 01 09 "BlockSpec" 01 ff 8a 00 01 03 01 08 "TypeName" 01 0c 00 01 06 "Nested" 01 10 00
        01 08 "Required" 01 02 00 00 00`;
    const value = `
      ff b3 ff 82 00 01 06 "region" 10 "*hcldec.AttrSpec" ff 84 ff 93 01 06 "region" 01 ff 87
        2a ff 81 03 01 01 07 "gobType" 01 ff 82 00 01 02 01 07 "Version" 01 04 00 01 04 "Impl" 01 10 00 00 00
        24 ff 83 03 01 01 0d "primitiveType" 01 ff 84 00 01 01 01 04 "Kind" 01 06 00 00 00
        36 ff 82 02 2b "github.com/zclconf/go-cty/cty.primitiveType" ff 84 03 01 53 00 00 00`;
    expect(encodeGobSpec(region, ObjectSpecName.usual)).toEqual(captured(definitions + value));
  });

  it("names a block's body as the core knows it", () => {
    const usual = encodeGobSpec(hclShapes, ObjectSpecName.usual).toString("latin1");
    const debian = encodeGobSpec(hclShapes, ObjectSpecName.debian).toString("latin1");
    expect(usual).not.toContain("vendor");
    expect(debian.split(ObjectSpecName.debian)).toHaveLength(usual.split(ObjectSpecName.usual).length);
  });
});
