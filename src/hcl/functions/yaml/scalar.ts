import { BigFloat, NumberError } from "../../values/big-float.ts";
import { convert } from "../../values/convert.ts";
import { stringType } from "../../values/type.ts";
import { boolValue, nullValue, numberValue, stringValue, type Value } from "../../values/value.ts";
import { decodeBase64 } from "../base64.ts";
import { FunctionError } from "../function.ts";

/** A scalar of a YAML document as it was written. */
export interface YamlScalar {
  readonly text: string;
  /** Such as `int` for `!!int`; undefined when there is none. */
  readonly tag: string | undefined;
  readonly style: "plain" | "quoted" | "block";
}

/** The tags that a scalar can have, but for `str` and `binary`. */
const TAGS: ReadonlySet<string> = new Set(["bool", "int", "float", "null", "timestamp"]);
const TRUE = new Set("y Y yes Yes YES true True TRUE on On ON".split(" "));
const FALSE = new Set("n N no No NO false False FALSE off Off OFF".split(" "));
const NULL = new Set(["", "~", "null", "Null", "NULL"]);
const INFINITY = /^[+-]?\.(?:inf|Inf|INF)$/;
const NOT_A_NUMBER = /^\.(?:nan|NaN|NAN)$/;
/** How anything begins that may be other than a string. */
const MEANINGFUL_START = /^(?:[-+.\dyYnNtTfFoO~]|$)/;

/**
 * What a scalar means, by the rules of YAML 1.1 as Packer applies them: `yes` is true, `1_000` a number, a time stays
 * a string. A tag comes after what the text says by itself, and a quoted text stays one even behind `!!int`.
 *
 * @throws {FunctionError} when the text does not fit its tag, and for "not a number"
 * @see zclconf/go-cty-yaml, resolve.go
 */
export function resolveScalar(scalar: YamlScalar): Value {
  const value = plainValue(scalar);
  // Of a block of text, Packer asks what it means and then makes a string of that: nothing becomes a null, `1_0` is "10".
  return scalar.style === "block" && scalar.tag === undefined ? convert(value, stringType) : value;
}

/** The text of a scalar that is a key; undefined when it is null. */
export function resolveKey(scalar: YamlScalar): string | undefined {
  const key = convert(plainValue(scalar), stringType);
  return key.isNull ? undefined : key.asString();
}

function plainValue({ text, tag, style }: YamlScalar): Value {
  if (tag === "str" || (tag === undefined && style === "quoted")) return stringValue(text);
  if (tag === "binary") return binary(text);
  if (tag !== undefined && !TAGS.has(tag)) throw new FunctionError(`the YAML tag "${tag}" is not supported`);
  if (MEANINGFUL_START.test(text)) {
    const value = style === "quoted" ? stringValue(text) : meaningOf(text, tag);
    if (value) return value;
  }
  return tag === undefined ? stringValue(text) : taggedValue(text, tag);
}

function meaningOf(text: string, tag: string | undefined): Value | undefined {
  if (NULL.has(text)) return nullValue();
  if (tag === undefined && NOT_A_NUMBER.test(text))
    throw new FunctionError("YAML's .nan is not a number that exists here");
  const isTime = tag === undefined || tag === "timestamp";
  return boolOf(text) ?? (isTime ? timestampOf(text) : undefined) ?? numberOf(text) ?? binaryInteger(text);
}

function taggedValue(text: string, tag: string): Value {
  if (tag === "null") return nullValue();
  const number = tag === "int" || tag === "float" ? prefixedInteger(text) : undefined;
  if (number) return number;
  throw misfit(text, tag);
}

function boolOf(text: string): Value | undefined {
  if (TRUE.has(text)) return boolValue(true);
  return FALSE.has(text) ? boolValue(false) : undefined;
}

function numberOf(text: string): Value | undefined {
  if (INFINITY.test(text)) return numberValue(BigFloat.infinity(text.startsWith("-") ? -1 : 1));
  try {
    const number = BigFloat.parse(text.replaceAll("_", ""));
    return number && numberValue(number);
  } catch (error) {
    if (error instanceof NumberError) return undefined;
    throw error;
  }
}

/** `0x1F`, `0o17` and `0b101`; without a tag only the binary ones are numbers. */
function prefixedInteger(text: string): Value | undefined {
  const [, sign, digits = ""] = /^([+-]?)(0x[\da-f]+|0o[0-7]+|0b[01]+)$/i.exec(text.replaceAll("_", "")) ?? [];
  if (digits === "") return undefined;
  const magnitude = BigInt(digits);
  return numberValue(sign === "-" ? -magnitude : magnitude);
}

function binaryInteger(text: string): Value | undefined {
  if (!/^-?0_*b/.test(text)) return undefined;
  const number = prefixedInteger(text);
  if (number) return number;
  throw misfit(text, "int");
}

/** A date, or a date with a time: a string in RFC 3339. */
const TIMESTAMP =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?(Z|[+-]\d\d:\d\d)| (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?)?$/;

function timestampOf(text: string): Value | undefined {
  const match = TIMESTAMP.exec(text);
  if (!match) return undefined;
  const [, year = "", month = "", day = "", hourT, minuteT, secondT, zone = "Z", hourS, minuteS, secondS] = match;
  const [hour, minute, second] = [hourT ?? hourS ?? "0", minuteT ?? minuteS ?? "0", secondT ?? secondS ?? "0"];
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const isDate = Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= daysInMonth;
  if (!isDate || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const two = (digits: string) => digits.padStart(2, "0");
  const offset = /^[+-]00:00$/.test(zone) ? "Z" : zone;
  return stringValue(`${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}${offset}`);
}

/** Base64 stays base64, but must be it. */
function binary(text: string): Value {
  if (decodeBase64(text) === undefined) throw misfit(text, "binary");
  return stringValue(text);
}

function misfit(text: string, tag: string): FunctionError {
  return new FunctionError(`"${text}" cannot be read as the YAML tag !!${tag} asks for`);
}
