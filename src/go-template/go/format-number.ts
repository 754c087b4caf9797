import {
  type Decimal,
  rationalOf,
  roundToDecimal,
  shortestDecimal,
  toFixedText,
  toGeneralText,
  toScientificText,
} from "./decimal.ts";
import { type FormatSpec, pad, padNumber } from "./format-spec.ts";
import { isPrintable, quote } from "./quote.ts";

const BASES: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

/** Formats an `int` as Go does, or returns undefined for a verb that integers do not have. */
export function formatInteger(value: bigint, verb: string, spec: FormatSpec): string | undefined {
  if (verb === "c") return pad(characterOf(value), spec);
  if (verb === "q") return pad(quote(characterOf(value), { mark: "'", ascii: spec.plus }), spec);
  if (verb === "U") return formatCodePoint(value, spec);
  const base = BASES[verb];
  return base === undefined ? undefined : formatInBase(value, { base, verb, spec });
}

function formatInBase(value: bigint, { base, verb, spec }: { base: number; verb: string; spec: FormatSpec }): string {
  if (spec.precision === 0 && value === 0n) return pad("", { ...spec, zero: false });
  const negative = value < 0n;
  let digits = (negative ? -value : value).toString(base);
  if (verb === "X") digits = digits.toUpperCase();
  const hasSign = negative || spec.plus || spec.space;
  const zeros = spec.precision ?? (spec.zero && !spec.minus ? (spec.width ?? 0) - (hasSign ? 1 : 0) : 0);
  digits = prefixFor(verb, digits.padStart(zeros, "0"), spec) + digits.padStart(zeros, "0");
  return padNumber(digits, negative, { ...spec, zero: false });
}

function prefixFor(verb: string, digits: string, { sharp }: FormatSpec): string {
  if (verb === "O") return "0o";
  if (!sharp) return "";
  if (verb === "b") return "0b";
  if (verb === "o") return digits.startsWith("0") ? "" : "0";
  return verb === "x" || verb === "X" ? `0${verb}` : "";
}

function characterOf(value: bigint): string {
  const isScalar = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  return isScalar ? String.fromCodePoint(Number(value)) : "\ufffd";
}

function formatCodePoint(value: bigint, spec: FormatSpec): string {
  const hex = BigInt.asUintN(64, value).toString(16).toUpperCase();
  const character = characterOf(value);
  const shown = spec.sharp && isPrintable(character) && value <= 0x10ffffn && value >= 0n ? ` '${character}'` : "";
  return pad(`U+${hex.padStart(Math.max(4, spec.precision ?? 0), "0")}${shown}`, { ...spec, zero: false });
}

/** Formats a `float64` as Go does, or returns undefined for a verb that floats do not have here. */
export function formatFloat(value: number, verb: string, spec: FormatSpec): string | undefined {
  const kind = verb === "v" ? "g" : verb === "F" ? "f" : verb;
  if (!["e", "E", "f", "g", "G"].includes(kind)) return undefined;
  if (!Number.isFinite(value)) {
    const name = Number.isNaN(value) ? "NaN" : "Inf";
    const sign = value < 0 ? "-" : spec.plus || (name === "Inf" && !spec.space) ? "+" : spec.space ? " " : "";
    return pad(sign + name, { ...spec, zero: false });
  }
  const text = floatDigits(value, kind, spec.precision);
  const unsigned = text.replace(/^-/, "");
  const shown = spec.sharp ? keepPoint(unsigned, kind, spec.precision) : unsigned;
  return padNumber(shown, text.startsWith("-"), spec);
}

function floatDigits(value: number, kind: string, precision: number | undefined): string {
  const lower = kind.toLowerCase();
  const text = lower === "g" ? generalDigits(value, precision) : fixedDigits(value, lower, precision ?? 6);
  return kind === lower ? text : text.toUpperCase();
}

function generalDigits(value: number, precision: number | undefined): string {
  if (precision === undefined) return toGeneralText(shortestDecimal(value), undefined);
  const significant = precision === 0 ? 1 : precision;
  return toGeneralText(signed(roundToDecimal(rationalOf(value), { significant }), value), significant);
}

function fixedDigits(value: number, kind: string, precision: number): string {
  const exact = rationalOf(value);
  if (kind === "f") return toFixedText(signed(roundToDecimal(exact, { decimals: precision }), value), precision);
  return toScientificText(signed(roundToDecimal(exact, { significant: precision + 1 }), value), precision);
}

/** A fraction has no negative zero; a double has. */
function signed(decimal: Decimal, value: number): Decimal {
  return { ...decimal, negative: value < 0 || Object.is(value, -0) };
}

/** The `#` flag: always a decimal point, and for `%g` the trailing zeros. */
function keepPoint(text: string, kind: string, precision: number | undefined): string {
  const [mantissa = "", power] = text.split(/(?=[eE])/);
  const pointed = mantissa.includes(".") ? mantissa : `${mantissa}.`;
  const tail = power ?? "";
  if (kind.toLowerCase() !== "g") return pointed + tail;
  const significant = mantissa.replace(".", "").replace(/^0+/, "").length || 1;
  return pointed + "0".repeat(Math.max(0, (precision ?? 6) - significant)) + tail;
}
