import type { HclShape, HclShapes } from "../../config/hcl-shape.ts";
import type { AttributeType } from "../../definition/attribute-type.ts";
import {
  GobType,
  gobBytes,
  gobInterface,
  gobMap,
  gobMapType,
  gobSelfEncodedType,
  gobSingle,
  gobStruct,
  gobStructType,
  gobUint,
  gobValue,
} from "../gob/encode.ts";

/**
 * The names under which the core's Go program has registered `hcldec.ObjectSpec`: it depends on how the program was
 * built. Debian's 1.6.6 has its dependencies in a folder of its own.
 */
export const ObjectSpecName = {
  usual: "github.com/hashicorp/hcl/v2/hcldec.ObjectSpec",
  debian: "github.com/hashicorp/packer/vendor/github.com/hashicorp/hcl/v2/hcldec.ObjectSpec",
} as const;
export type ObjectSpecName = (typeof ObjectSpecName)[keyof typeof ObjectSpecName];

// Types of package hcldec; the order of their fields is the wire's.
const objectSpec = { name: "ObjectSpec", id: 65 };
const attrSpec = { name: "AttrSpec", id: 66 };
const selfEncodedType = { name: "Type", id: 67 };
const blockListSpec = { name: "BlockListSpec", id: 68 };
const blockSpec = { name: "BlockSpec", id: 69 };

const definitions = Buffer.concat([
  gobMapType(objectSpec, GobType.string, GobType.interface),
  gobStructType(attrSpec, [
    ["Name", GobType.string],
    ["Type", selfEncodedType.id],
    ["Required", GobType.bool],
  ]),
  gobSelfEncodedType(selfEncodedType),
  gobStructType(blockListSpec, [
    ["TypeName", GobType.string],
    ["Nested", GobType.interface],
    ["MinItems", GobType.int],
    ["MaxItems", GobType.int],
  ]),
  gobStructType(blockSpec, [
    ["TypeName", GobType.string],
    ["Nested", GobType.interface],
    ["Required", GobType.bool],
  ]),
]);

/**
 * The options for cores that read the spec as gob: 1.5 to 1.11, and later ones beside a plugin that knows nothing newer.
 * No option is required here: what is missing is told by Prepare, in better words.
 */
export function encodeGobSpec(shapes: HclShapes, objectName: ObjectSpecName): Buffer {
  return Buffer.concat([definitions, gobValue(objectSpec.id, gobSingle(objectValue(shapes, objectName)))]);
}

function objectValue(shapes: HclShapes, objectName: ObjectSpecName): Buffer {
  return gobMap(Object.entries(shapes).map(([name, shape]) => [name, nodeValue(name, shape, objectName)]));
}

function nodeValue(name: string, shape: HclShape, objectName: ObjectSpecName): Buffer {
  if (shape.kind === "attribute") {
    const value = gobStruct([gobBytes(name), gobBytes(encodeType(shape.type))]);
    return gobInterface("*hcldec.AttrSpec", attrSpec.id, value);
  }
  const body = gobInterface(objectName, objectSpec.id, gobSingle(objectValue(shape.body, objectName)));
  const value = gobStruct([gobBytes(name), body]);
  return shape.repeated
    ? gobInterface("*hcldec.BlockListSpec", blockListSpec.id, value)
    : gobInterface("*hcldec.BlockSpec", blockSpec.id, value);
}

// Types of package cty: a type is a gob stream of its own.
const gobType = { name: "gobType", id: 65 };
const implementation = 66;
const gobTypeDefinition = gobStructType(gobType, [
  ["Version", GobType.int],
  ["Impl", GobType.interface],
]);
const primitiveDefinition = gobStructType({ name: "primitiveType", id: implementation }, [["Kind", GobType.uint]]);
/** The letters by which cty tells its primitive types apart. */
const KINDS = { string: "S", number: "N", bool: "B" } as const;

function encodeType(type: AttributeType): Buffer {
  if (typeof type === "string") {
    const kind = gobStruct([gobUint(KINDS[type].charCodeAt(0))]);
    return typeStream([primitiveDefinition], "primitiveType", kind);
  }
  const [name, element] = "list" in type ? ["typeList", type.list] : ["typeMap", type.map];
  const inner = { name: "Type", id: implementation + 1 };
  const definition = gobStructType({ name, id: implementation }, [["ElementTypeT", inner.id]]);
  return typeStream([definition, gobSelfEncodedType(inner)], name, gobStruct([gobBytes(encodeType(element))]));
}

function typeStream(definitions: readonly Buffer[], name: string, value: Buffer): Buffer {
  const registered = `github.com/zclconf/go-cty/cty.${name}`;
  const whole = gobStruct([undefined, gobInterface(registered, implementation, value)]);
  return Buffer.concat([gobTypeDefinition, ...definitions, gobValue(gobType.id, whole)]);
}
