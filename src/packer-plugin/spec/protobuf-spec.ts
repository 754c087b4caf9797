import type { HclShape, HclShapes } from "../../config/hcl-shape.ts";
import type { AttributeType } from "../../definition/attribute-type.ts";

/**
 * The options for cores from 1.12 on, as protobuf.
 * @see hashicorp/packer-plugin-sdk, rpc/hcl_spec.proto: Spec is 1 object, 2 attribute, 3 block or 4 list of blocks
 */
export function encodeProtobufSpec(shapes: HclShapes): Buffer {
  // A map of protobuf's is a list of entries: 1 key, 2 value.
  const entries = Object.entries(shapes).map(([name, shape]) =>
    field(1, Buffer.concat([field(1, name), field(2, nodeSpec(name, shape))])),
  );
  return field(1, Buffer.concat(entries));
}

function nodeSpec(name: string, shape: HclShape): Buffer {
  if (shape.kind === "attribute") return field(2, Buffer.concat([field(1, name), field(2, typeSpec(shape.type))]));
  const body = encodeProtobufSpec(shape.body);
  // Block has `required` as its second field, which is false here; its body is the third.
  return shape.repeated
    ? field(4, Buffer.concat([field(1, name), field(2, body)]))
    : field(3, Buffer.concat([field(1, name), field(3, body)]));
}

const PRIMITIVES = { string: "cty.String", number: "cty.Number", bool: "cty.Bool" } as const;

/** CtyType: 1 primitive, 2 list, 3 map; each with what it is or holds as its first field. */
function typeSpec(type: AttributeType): Buffer {
  if (typeof type === "string") return field(1, field(1, PRIMITIVES[type]));
  return "list" in type ? field(2, field(1, typeSpec(type.list))) : field(3, field(1, typeSpec(type.map)));
}

/** A field with a length: text, bytes or a message. */
function field(number: number, content: Buffer | string): Buffer {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const LENGTH_DELIMITED = 2;
  return Buffer.concat([varint(number * 8 + LENGTH_DELIMITED), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.of(...bytes, rest);
}
