import { z } from "zod";
import { parseDuration } from "../common/duration.ts";
import type { AttributeType, AttributeTypes } from "../definition/attribute-type.ts";
import type { RawValue } from "../definition/raw-value.ts";
import { toBoolean, toMap, toNumber, toText } from "../definition/weakly-typed.ts";

// Templates in JSON write numbers as strings and one string for a list of one, and Packer reads them so.

const hclTypes = z.registry<{ readonly type: AttributeType }>();

/** A schema that is looser than HCL: there the option has one type. */
function inHcl<Schema extends z.ZodType>(type: AttributeType, schema: Schema): Schema {
  hclTypes.add(schema, { type });
  return schema;
}

/** The types that the options have in HCL, where it is known. */
export function hclTypesOf(shape: z.ZodRawShape): AttributeTypes {
  const types = Object.entries(shape).flatMap(([name, schema]) => {
    const found = hclTypes.get(withoutDefault(schema));
    return found ? [[name, found.type] as const] : [];
  });
  return Object.fromEntries(types);
}

function withoutDefault(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapper =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return isWrapper ? withoutDefault(schema.unwrap()) : schema;
}

/** A schema of what a value bends to. What is read are options of a template, which are raw values. */
function bent<Schema extends z.ZodType>(bend: (value: RawValue) => RawValue, schema: Schema) {
  return z.preprocess((value) => (value === undefined ? value : bend(value as RawValue)), schema);
}

/** A string; numbers become one, and of booleans `1` and `0`. */
export function text() {
  return inHcl("string", bent(toText, z.string({ error: "must be a string" })));
}

/** `true` or `false`, also as a string or a number; an empty string is `false`. */
export function flag() {
  const bend = (value: RawValue) => (value === "" ? false : toBoolean(value));
  return inHcl("bool", bent(bend, z.boolean({ error: "must be true or false" })));
}

/** A list of strings; one string is a list of what its commas separate. */
export function texts() {
  const error = "must be a list of strings";
  return inHcl({ list: "string" }, z.union([z.array(text(), { error }), text().transform(splitAtCommas)], { error }));
}

/** @see mapstructure, StringToSliceHookFunc(",") */
function splitAtCommas(value: string): string[] {
  return value === "" ? [] : value.split(",");
}

function wholeNumber() {
  return bent(toNumber, z.int({ error: "must be a whole number" }));
}

/** A whole number, also as a string. */
export function integer() {
  return inHcl("number", wholeNumber());
}

/** A list of whole numbers; one number is a list of one, one string a list of what its commas separate. */
export function integers() {
  const error = "must be a list of whole numbers";
  const list = z.array(wholeNumber(), { error });
  const commaSeparated = z.string().transform((value, context) => {
    const parsed = list.safeParse(splitAtCommas(value));
    if (parsed.success) return parsed.data;
    context.addIssue(error);
    return z.NEVER;
  });
  const single = z.union([z.int(), z.boolean().transform(Number)]).transform((value) => [value]);
  return inHcl({ list: "number" }, z.union([list, single, commaSeparated], { error }));
}

/** A map of strings; a list of maps is one. */
export function textMap() {
  return inHcl({ map: "string" }, bent(toMap, z.record(z.string(), text(), { error: "must be a map of strings" })));
}

/** Milliseconds, written in Go's notation: `10s`, `1m30s`. */
export function duration() {
  return inHcl(
    "string",
    z.unknown().transform((value, context) => {
      const ms = typeof value === "string" ? parseDuration(value) : undefined;
      if (ms !== undefined && ms >= 0) return ms;
      context.addIssue("must be a duration with a unit, such as 10s or 1m30s");
      return z.NEVER;
    }),
  );
}
