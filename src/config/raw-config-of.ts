import type { RawConfig, RawValue } from "../definition/raw-value.ts";
import type { FlatConfig } from "./schema.ts";

/** A program's typed options as raw ones, without what it left undefined. */
export function rawConfigOf(config: FlatConfig): RawConfig {
  return withoutUndefined(config);
}

function withoutUndefined(value: object): RawConfig {
  const given = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(given.map(([key, item]: [string, unknown]) => [key, rawValueOf(item)]));
}

function rawValueOf(value: unknown): RawValue {
  if (Array.isArray(value)) return value.map(rawValueOf);
  if (typeof value === "object" && value !== null) return withoutUndefined(value);
  return value as RawValue; // texts, numbers, booleans and null, by the types of the options
}
