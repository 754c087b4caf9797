import { countGraphemes, graphemes } from "../../common/graphemes.ts";
import {
  type Decimal,
  roundToDecimal,
  toFixedText,
  toGeneralText,
  toScientificText,
} from "../../go-template/go/decimal.ts";
import { formatInteger } from "../../go-template/go/format-number.ts";
import type { FormatSpec } from "../../go-template/go/format-spec.ts";
import type { BigFloat } from "../values/big-float.ts";
import { ConversionError, convert } from "../values/convert.ts";
import { boolType, numberType, stringType, type Type } from "../values/type.ts";
import { stringValue, type Value } from "../values/value.ts";
import { FunctionError } from "./function.ts";
import { toJson } from "./json.ts";

/** One `%` sequence of a format string. */
export interface FormatVerb {
  /** As written, such as `%-5.2f`. */
  readonly source: string;
  /** Where it begins, counted from 0. */
  readonly offset: number;
  readonly letter: string;
  readonly spec: FormatSpec;
}

/** @throws {FunctionError} when the verb does not exist, or the value does not fit it */
export function formatVerb(verb: FormatVerb, value: Value): string {
  const { letter, spec } = verb;
  if (letter === "v") return padText(formatAsIs(value, spec), spec);
  if (value.isNull) throw unsupported(verb, "null can only be formatted with %v");
  if (letter === "t") return String(converted(verb, value, boolType).asBool());
  if (letter === "s" || letter === "q") return formatString(verb, converted(verb, value, stringType).asString());
  if ("bdoxX".includes(letter)) return formatWhole(verb, converted(verb, value, numberType).asNumber());
  if ("eEfgG".includes(letter)) return formatNumber(verb, converted(verb, value, numberType).asNumber());
  throw new FunctionError(`there is no format verb "${letter}", as in "${verb.source}" at offset ${verb.offset}`);
}

function unsupported({ source, offset }: FormatVerb, reason: string): FunctionError {
  return new FunctionError(`the value does not fit "${source}" at offset ${offset}: ${reason}`);
}

function converted(verb: FormatVerb, value: Value, type: Type): Value {
  try {
    return convert(value, type);
  } catch (error) {
    throw error instanceof ConversionError ? unsupported(verb, error.message) : error;
  }
}

/** `%v`: strings and numbers as they are, all else as JSON; with `#`, those too. */
function formatAsIs(value: Value, { sharp }: FormatSpec): string {
  if (sharp || value.isNull) return toJson(value);
  if (value.type.kind === "string") return value.asString();
  return value.type.kind === "number" ? generalText(value.asNumber()) : toJson(value);
}

function generalText(number: BigFloat): string {
  return number.isInfinite ? number.toString() : toGeneralText(shortestDecimal(number), undefined);
}

/** `%s` and `%q`: the precision limits the characters that are taken of the text. */
function formatString({ letter, spec }: FormatVerb, text: string): string {
  const taken = spec.precision ? graphemes(text).slice(0, spec.precision).join("") : text;
  return padText(letter === "q" ? toJson(stringValue(taken)) : taken, spec);
}

function formatWhole(verb: FormatVerb, number: BigFloat): string {
  if (!number.isInteger) throw unsupported(verb, "a whole number is required");
  return formatInteger(number.toBigInt(), verb.letter, verb.spec) ?? "";
}

function formatNumber({ letter, spec }: FormatVerb, number: BigFloat): string {
  const text = number.isInfinite ? "Inf" : digitsOf(number.absolute(), letter, spec.precision);
  const sign = number.isNegative ? "-" : spec.plus ? "+" : spec.space ? " " : number.isInfinite ? "+" : "";
  const missing = Math.max(0, (spec.width ?? 0) - sign.length - text.length);
  if (spec.zero && !number.isInfinite) return sign + "0".repeat(missing) + text;
  if (spec.minus) return sign + text + " ".repeat(missing);
  return " ".repeat(missing) + sign + text;
}

function digitsOf(number: BigFloat, letter: string, precision: number | undefined): string {
  const lower = letter.toLowerCase();
  const text = lower === "g" ? generalDigits(number, precision) : fixedDigits(number, lower, precision ?? 6);
  return letter === lower ? text : text.toUpperCase();
}

function generalDigits(number: BigFloat, precision: number | undefined): string {
  if (precision === undefined) return toGeneralText(shortestDecimal(number), undefined);
  const significant = precision || 1;
  return toGeneralText(roundToDecimal(rationalOf(number), { significant }), significant);
}

function fixedDigits(number: BigFloat, letter: string, precision: number): string {
  if (letter === "f") return toFixedText(roundToDecimal(rationalOf(number), { decimals: precision }), precision);
  return toScientificText(roundToDecimal(rationalOf(number), { significant: precision + 1 }), precision);
}

function rationalOf({ mantissa, exponent }: BigFloat) {
  return exponent >= 0
    ? { numerator: mantissa << BigInt(exponent), denominator: 1n }
    : { numerator: mantissa, denominator: 1n << BigInt(-exponent) };
}

function shortestDecimal(number: BigFloat): Decimal {
  const [whole = "", fraction = ""] = number.absolute().toString().split(".");
  const digits = (whole + fraction).replace(/^0+/, "");
  const point = whole.length - (whole.length + fraction.length - digits.length);
  return { negative: number.isNegative, digits: digits.replace(/0+$/, ""), point };
}

/** Pads to the width, counted in characters as a reader counts them; with `0`, zeros stand on whichever side is padded. */
function padText(text: string, { width = 0, zero, minus }: FormatSpec): string {
  const padding = (zero ? "0" : " ").repeat(Math.max(0, width - countGraphemes(text)));
  return minus ? text + padding : padding + text;
}
