import type { InvolvedValue } from "../source/diagnostic.ts";
import { spanText } from "../source/source-file.ts";
import { referencesOf } from "../syntax/references.ts";
import type { Expression } from "../syntax/syntax.ts";
import { typeName } from "../values/type.ts";
import type { Value } from "../values/value.ts";
import { lookUpVariable, type VariableScope } from "./variable-scope.ts";

/** Longer texts are cut in a statement: it is there to recognize a value, not to read it. */
const LONGEST_TEXT = 80;

/** What a message may say of a value: `is "eu-west-2"`, `is a list of string with 3 elements`; sensitive ones stay hidden. */
export function describeValue(value: Value): string {
  if (value.containsSensitive) return "has a sensitive value";
  if (!value.isKnown)
    return value.type.kind === "dynamic" ? "is not known yet" : `is a ${typeName(value.type)}, not known yet`;
  if (value.isNull) return "is null";
  switch (value.type.kind) {
    case "string":
      return `is ${quote(value.asString())}`;
    case "number":
      return `is ${value.asNumber()}`;
    case "bool":
      return `is ${value.asBool()}`;
    default:
      return describeContainer(value);
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}...` : text);
}

function describeContainer(value: Value): string {
  const count = value.elements().length;
  const isObject = value.type.kind === "object";
  const article = isObject ? "an" : "a";
  const noun = isObject ? "attribute" : "element";
  return `is ${article} ${typeName(value.type)} with ${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The values that an expression reads, as far as they are known; what they are made of tells why it failed. */
export function involvedValues(expression: Expression, scope: VariableScope): readonly InvolvedValue[] {
  const statements = new Map<string, string>();
  for (const { root, path, span } of referencesOf(expression)) {
    let value = lookUpVariable(scope, root);
    for (const name of path) value = value && stepInto(value, name);
    // The holder of all variables says nothing; neither does what is missing, which the message names.
    if (value && (path.length > 0 || value.type.kind !== "object"))
      statements.set(spanText(span), describeValue(value));
  }
  return [...statements].map(([text, statement]) => ({ expression: text, statement }));
}

function stepInto(value: Value, name: string): Value | undefined {
  const hasKeys = value.type.kind === "object" || value.type.kind === "map";
  if (!hasKeys || !value.isContainer) return undefined;
  const element = value.get(name);
  return value.isSensitive ? element?.withSensitive() : element;
}
