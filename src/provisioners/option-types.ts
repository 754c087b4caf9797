import { z } from "zod";
import { parseDuration } from "../common/duration.ts";

// Templates in JSON write numbers as strings and one string for a list of one, and Packer reads them so.

/** A string; numbers and booleans become one. */
export function text() {
  return z.union([z.string(), z.number().transform(String), z.boolean().transform(String)], {
    error: "must be a string",
  });
}

/** `true` or `false`, also as a string. */
export function flag() {
  return z.union(
    [z.boolean(), z.enum(["true", "false", "1", "0", ""]).transform((value) => value === "true" || value === "1")],
    { error: "must be true or false" },
  );
}

/** A list of strings; one string is a list of what its commas separate. */
export function texts() {
  const error = "must be a list of strings";
  return z.union([z.array(text(), { error }), text().transform(splitAtCommas)], { error });
}

/** @see mapstructure, StringToSliceHookFunc(",") */
function splitAtCommas(value: string): string[] {
  return value === "" ? [] : value.split(",");
}

/** A list of whole numbers; one number is a list of one, one string a list of what its commas separate. */
export function integers() {
  const error = "must be a list of whole numbers";
  const integer = z.union(
    [
      z.int(),
      z
        .string()
        .regex(/^\s*-?\d+\s*$/)
        .transform(Number),
    ],
    { error },
  );
  const list = z.array(integer, { error });
  const commaSeparated = z.string().transform((value, context) => {
    const parsed = list.safeParse(splitAtCommas(value));
    if (parsed.success) return parsed.data;
    context.addIssue(error);
    return z.NEVER;
  });
  return z.union([list, z.int().transform((value) => [value]), commaSeparated], { error });
}

/** A map of strings. */
export function textMap() {
  return z.record(z.string(), text(), { error: "must be a map of strings" });
}

/** Milliseconds, written in Go's notation: `10s`, `1m30s`. */
export function duration() {
  return z.unknown().transform((value, context) => {
    const ms = typeof value === "string" ? parseDuration(value) : undefined;
    if (ms !== undefined && ms >= 0) return ms;
    context.addIssue("must be a duration with a unit, such as 10s or 1m30s");
    return z.NEVER;
  });
}
