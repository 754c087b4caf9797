import { escapeJsonAsGo } from "../../go-template/go/json-escapes.ts";
import { type JsonMember, type JsonNode, JsonSyntaxError, parseJsonTree } from "../syntax/json-tree.ts";
import { BigFloat } from "../values/big-float.ts";
import { dynamicType, sameType, stringType } from "../values/type.ts";
import {
  boolValue,
  nullValue,
  numberValue,
  objectValue,
  stringValue,
  tupleValue,
  unknownValue,
  type Value,
} from "../values/value.ts";
import { anyParam, argumentAt, type Functions, stringParam } from "./define.ts";
import { FunctionError, type HclFunction } from "./function.ts";

/**
 * A value as JSON, without space. Strings are escaped as Go does: `<`, `>` and `&` too, so that the text can stand in
 * HTML.
 *
 * @throws {FunctionError} for an infinity
 */
export function toJson(value: Value): string {
  if (value.isNull) return "null";
  switch (value.type.kind) {
    case "string":
      return quoteJson(value.asString());
    case "number":
      if (value.asNumber().isInfinite) throw new FunctionError("an infinity cannot be written as JSON");
      return value.asNumber().toString();
    case "bool":
      return String(value.asBool());
    case "map":
    case "object":
      return `{${[...value.asMap()].map(([key, item]) => `${quoteJson(key)}:${toJson(item)}`).join(",")}}`;
    default:
      return `[${value.elements().map(toJson).join(",")}]`;
  }
}

function quoteJson(text: string): string {
  return escapeJsonAsGo(JSON.stringify(text));
}

/** `jsonencode(val)` */
const jsonencode: HclFunction = {
  params: [anyParam("val", { allowUnknown: true, allowDynamicType: true, allowNull: true })],
  returnType: stringType,
  evaluate: (args) => {
    const value = argumentAt(args, 0);
    return value.isWhollyKnown ? stringValue(toJson(value)) : unknownValue(stringType);
  },
};

/** `jsondecode(str)`: objects and tuples; numbers keep all their digits. */
const jsondecode: HclFunction = {
  params: [stringParam("str")],
  returnType: dynamicType,
  evaluate: (args) => fromJson(argumentAt(args, 0).asString()),
};

/** @throws {FunctionError} when the text is not one JSON value */
function fromJson(text: string): Value {
  try {
    return toValue(parseJsonTree(text));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new FunctionError(`in the JSON text, ${error.message}, at character ${error.offset + 1}`);
  }
}

function toValue(node: JsonNode): Value {
  switch (node.kind) {
    case "object":
      return objectValue(membersOf(node.members));
    case "array":
      return tupleValue(node.items.map(toValue));
    case "string":
      return stringValue(node.text);
    case "number":
      return numberValue(BigFloat.parse(node.text) ?? 0);
    case "bool":
      return boolValue(node.value);
    case "null":
      return nullValue();
  }
}

/** Of equal keys the last one counts; they must have one type. */
function membersOf(members: readonly JsonMember[]): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const { key, value: node } of members) {
    const value = toValue(node);
    const before = values.get(key);
    if (before && !sameType(before.type, value.type)) throw new FunctionError(`the JSON object has "${key}" twice`);
    values.set(key, value);
  }
  return values;
}

export const jsonFunctions: Functions = { jsondecode, jsonencode };
