import { isRawList, isRawMap, joinMaps, type RawValue } from "./raw-value.ts";

// How Packer's plugins read values of another type, which only legacy JSON templates hand to them: HCL converts them before. What does
// not bend stays as it is, for a schema to refuse.
// See mapstructure, WeaklyTypedInput

export function toText(value: RawValue): RawValue {
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "1" : "0";
  return value;
}

export function toNumber(value: RawValue): RawValue {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string") return value;
  const text = value.trim();
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : value;
}

/** @see strconv.ParseBool */
const TRUE = ["1", "t", "T", "TRUE", "true", "True"];
const FALSE = ["0", "f", "F", "FALSE", "false", "False"];

/** An empty text is left as it is. */
export function toBoolean(value: RawValue): RawValue {
  if (typeof value === "number") return value !== 0;
  if (typeof value !== "string") return value;
  if (TRUE.includes(value)) return true;
  return FALSE.includes(value) ? false : value;
}

/** A list of maps is one map: a block that a JSON template repeats. */
export function toMap(value: RawValue): RawValue {
  return isRawList(value) && value.every(isRawMap) ? joinMaps(value) : value;
}
