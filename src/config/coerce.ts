import { z } from "zod";
import { isRawList, isRawMap, type RawValue } from "../definition/raw-value.ts";
import { toBoolean, toMap, toNumber, toText } from "../definition/weakly-typed.ts";
import { writtenSchema } from "./option.ts";

/**
 * A raw value bent to what its schema wants, as loosely as Packer does: `"50"` for a number, `1` for text, one value for
 * a list, `"a,b"` for a list of two. Null, and an empty text where nothing else could be meant, is "not given". A zero is a
 * number that somebody wrote. What does not bend stays as it is, for the schema to refuse.
 * @see mapstructure, WeaklyTypedInput
 */
export function coerce(schema: z.core.$ZodType, value: RawValue | undefined): unknown {
  const written = writtenSchema(schema);
  if (value === null || value === undefined) return undefined;
  if (written instanceof z.ZodString || written instanceof z.ZodEnum || written instanceof z.ZodLiteral) {
    return toText(value) || undefined;
  }
  if (written instanceof z.ZodNumber) return value === "" ? undefined : toNumber(value);
  if (written instanceof z.ZodBoolean) return value === "" ? undefined : toBoolean(value);
  if (written instanceof z.ZodArray) return toList(value)?.map((item) => coerceItem(written.element, item));
  if (written instanceof z.ZodTuple) return isRawList(value) ? value.map(toText) : value;
  if (written instanceof z.ZodRecord) return mapValues(toMap(value), (item) => coerceItem(written.valueType, item));
  if (written instanceof z.ZodObject) {
    return mapValues(toMap(value), (item, key) => {
      const inner = written.shape[key];
      return inner === undefined ? item : coerce(inner, item);
    });
  }
  return value;
}

/** An entry of a list or a map: there, unlike for an option, an empty text is a value. */
function coerceItem(schema: z.core.$ZodType, value: RawValue): unknown {
  const written = writtenSchema(schema);
  if (written instanceof z.ZodString) return toText(value);
  if (written instanceof z.ZodUnion) return isRawList(value) ? value.map(toText) : toText(value);
  return coerce(schema, value);
}

function toList(value: RawValue): readonly RawValue[] | undefined {
  if (isRawList(value)) return value;
  if (typeof value === "string") return value === "" ? [] : value.split(",");
  return isRawMap(value) && Object.keys(value).length === 0 ? [] : [value ?? ""];
}

function mapValues(value: RawValue, change: (item: RawValue, key: string) => unknown): unknown {
  if (!isRawMap(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, change(item, key)] as const);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}
