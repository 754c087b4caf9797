import { isRawList, type RawConfig, type RawValue, UNKNOWN_TEXT } from "../definition/raw-value.ts";
import {
  boolValue,
  nullValue,
  numberValue,
  objectValue,
  stringValue,
  tupleValue,
  type Value,
} from "../hcl/values/value.ts";

/**
 * A value as plain data. Numbers become JavaScript's, sets become lists, attributes that are null are left out; what is
 * not known yet becomes `<unknown>`, whatever its type: nothing would pass for a value.
 */
export function toRawValue(value: Value): RawValue {
  if (!value.isKnown) return UNKNOWN_TEXT;
  if (value.isNull) return null;
  switch (value.type.kind) {
    case "string":
      return value.asString();
    case "number":
      return value.asNumber().toNumber();
    case "bool":
      return value.asBool();
    case "map":
    case "object":
      return toRawConfig(value.asMap());
    default:
      return value.elements().map(toRawValue);
  }
}

/** Options as plain data; those that are null are not set. */
export function toRawConfig(entries: ReadonlyMap<string, Value>): RawConfig {
  return Object.fromEntries(
    [...entries].filter(([, value]) => !value.isNull).map(([key, value]) => [key, toRawValue(value)]),
  );
}

/** Where in a value something is sensitive, as paths of options: `tags.Name`, `disks[0].size`. */
export function sensitivePaths(value: Value, path: string): readonly string[] {
  if (value.isSensitive) return [path];
  if (!value.containsSensitive) return [];
  if (value.type.kind === "map" || value.type.kind === "object") {
    return [...value.asMap()].flatMap(([key, element]) => sensitivePaths(element, `${path}.${key}`));
  }
  return value.elements().flatMap((element, index) => sensitivePaths(element, `${path}[${index}]`));
}

/** Plain data as a value, as an expression of the same text would have it. */
export function fromRawValue(raw: RawValue): Value {
  if (raw === null) return nullValue();
  if (typeof raw === "string") return stringValue(raw);
  if (typeof raw === "number") return numberValue(raw);
  if (typeof raw === "boolean") return boolValue(raw);
  if (isRawList(raw)) return tupleValue(raw.map(fromRawValue));
  return objectValue(Object.entries(raw).map(([key, value]) => [key, fromRawValue(value)] as const));
}
