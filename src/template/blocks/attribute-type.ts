import type { AttributeType } from "../../definition/attribute-type.ts";
import { boolType, listType, mapType, numberType, stringType, type Type } from "../../hcl/values/type.ts";

const PRIMITIVES = { string: stringType, number: numberType, bool: boolType } as const;

/** The type as the evaluator has it. */
export function typeOfAttribute(type: AttributeType): Type {
  if (typeof type === "string") return PRIMITIVES[type];
  return "list" in type ? listType(typeOfAttribute(type.list)) : mapType(typeOfAttribute(type.map));
}

/** The type in words: `list of string`. */
export function attributeTypeName(type: AttributeType): string {
  if (typeof type === "string") return type;
  return "list" in type ? `list of ${attributeTypeName(type.list)}` : `map of ${attributeTypeName(type.map)}`;
}
