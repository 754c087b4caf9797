import { HIDDEN } from "../../common/secrets.ts";
import { typeExpression } from "./type.ts";
import type { Value } from "./value.ts";

/**
 * A value as an expression that gives it: what a console prints. Sensitive values are not shown, unknown ones cannot be.
 * @param indent Spaces that the lines after the first begin with
 */
export function printValue(value: Value, indent = 0): string {
  if (value.isSensitive) return HIDDEN;
  if (!value.isKnown) return "(known after the build has begun)";
  if (value.isNull) return "null";
  switch (value.type.kind) {
    case "string":
      return quoteString(value.asString());
    case "number":
      return value.asNumber().toString();
    case "bool":
      return `${value.asBool()}`;
    case "map":
    case "object":
      return printEntries(value, indent);
    default:
      return printElements(value, indent);
  }
}

function printElements(value: Value, indent: number): string {
  const elements = value.elements().map((element) => `${" ".repeat(indent + 2)}${printValue(element, indent + 2)},\n`);
  const list = elements.length === 0 ? "[]" : `[\n${elements.join("")}${" ".repeat(indent)}]`;
  return value.type.kind === "set" ? `convert(${list}, ${typeExpression(value.type)})` : list;
}

function printEntries(value: Value, indent: number): string {
  const entries = [...value.asMap()].map(([key, element]) => {
    return `${" ".repeat(indent + 2)}${quoteString(key)} = ${printValue(element, indent + 2)}\n`;
  });
  return entries.length === 0 ? "{}" : `{\n${entries.join("")}${" ".repeat(indent)}}`;
}

/** A text in quotes, with the escapes that make it read back as it is. */
export function quoteString(text: string): string {
  const escaped = text
    .replace(/[\\"]/g, "\\$&")
    .replace(/\n/g, "\\n")
    .replace(/\r/g, "\\r")
    .replace(/\t/g, "\\t")
    .replace(/[$%](?=\{)/g, "$&$&")
    .replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, (character) => {
      return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
    });
  return `"${escaped}"`;
}
