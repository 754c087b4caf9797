import { z } from "zod";
import type { ConfigProblem } from "../common/errors.ts";
import { writtenSchema } from "./option.ts";
import { unknownOption } from "./unknown-option.ts";

/** A path as messages and `locate()` spell it: `omi_block_device_mappings[0].device_name`. */
export function optionPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index ? "." : ""}${String(part)}`))
    .join("");
}

/**
 * What a schema's complaint means to the user; an unknown name in a block is one problem each.
 * @param schema Of all options, which the issue's path leads into
 */
export function describeIssue(schema: z.core.$ZodType, issue: z.core.$ZodIssue): ConfigProblem[] {
  if (issue.code === "unrecognized_keys") {
    const shape = shapeAt(schema, issue.path);
    return issue.keys.map((key) => unknownOption(optionPath([...issue.path, key]), shape));
  }
  const problem = { option: optionPath(issue.path), message: messageOf(issue) };
  // In templates for Go, a zero was as good as nothing.
  return [issue.input === 0 ? { ...problem, hint: "leave it out for the default" } : problem];
}

function messageOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is required" : `must be ${typeNames[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}, not ${JSON.stringify(issue.input)}`;
    case "invalid_union":
      return "must be text or a list of texts";
    case "too_small":
    case "too_big":
      return issue.origin === "array" ? "must have exactly three parts: [type, source, target]" : issue.message;
    default:
      return issue.message;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  record: "a map",
  object: "a block",
};

function shapeAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): Readonly<Record<string, unknown>> {
  let current = writtenSchema(schema);
  for (const part of path) {
    const next =
      current instanceof z.ZodArray
        ? current.element
        : current instanceof z.ZodObject
          ? current.shape[String(part)]
          : undefined;
    if (next === undefined) return {};
    current = writtenSchema(next);
  }
  return current instanceof z.ZodObject ? current.shape : {};
}
