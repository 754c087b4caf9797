import { listType, stringType } from "../values/type.ts";
import { listValue, sizeOf, stringValue, unknownValue, type Value } from "../values/value.ts";
import { anyParam, argumentAt, type Functions, isSequence, stringParam } from "./define.ts";
import { formatVerb } from "./format-verb.ts";
import { ArgumentError, FunctionError, type HclFunction } from "./function.ts";

const formatArgs = anyParam("args", { allowNull: true, allowUnknown: true });

/** `format(format, args...)` */
const format: HclFunction = {
  params: [stringParam("format")],
  variadic: formatArgs,
  returnType: stringType,
  evaluate: ([template, ...args]) => {
    if (!template || !args.every((arg) => arg.isWhollyKnown)) return unknownValue(stringType);
    return stringValue(formatText(template.asString(), args));
  },
};

/** `formatlist(format, args...)`: once for each element of the lists among the arguments, which have one length. */
const formatlist: HclFunction = {
  params: [stringParam("format")],
  variadic: formatArgs,
  returnType: listType(stringType),
  evaluate: ([template, ...args], returnType) => {
    const count = commonLength(args);
    if (!template || count === undefined) return unknownValue(returnType);
    const rows = Array.from({ length: count }, (_, row) => args.map((arg) => itemFor(arg, row)));
    return listValue(
      rows.map((row, index) => formatRow(template.asString(), row, index)),
      stringType,
    );
  },
};

function formatRow(template: string, row: readonly Value[], index: number): Value {
  if (!row.every((arg) => arg.isWhollyKnown)) return unknownValue(stringType);
  try {
    return stringValue(formatText(template, row));
  } catch (error) {
    if (error instanceof FunctionError) throw new FunctionError(`for the elements at index ${index}, ${error.message}`);
    throw error;
  }
}

function isList(arg: Value): boolean {
  return isSequence(arg.type) && !arg.isNull;
}

function itemFor(arg: Value, row: number): Value {
  return isList(arg) ? argumentAt(arg.elements(), row) : arg;
}

/** Undefined while a list is not known. */
function commonLength(args: readonly Value[]): number | undefined {
  let chosen: { readonly length: number; readonly index: number } | undefined;
  let isKnown = true;
  for (const [index, arg] of args.entries()) {
    if (!isList(arg)) continue;
    const length = sizeOf(arg);
    if (!arg.isKnown || length === undefined) isKnown = false;
    if (length === undefined) continue;
    chosen ??= { length, index };
    if (length !== chosen.length) {
      const message = `it has ${length} elements, but argument ${chosen.index + 1} has ${chosen.length}`;
      throw new ArgumentError(index + 1, message);
    }
  }
  return isKnown ? (chosen?.length ?? 1) : undefined;
}

const VERB = /%([-0#+ ]*)([1-9]\d*)?(?:\.(\d*))?(?:\[([1-9]\d*)\])?([A-Za-z])/y;
/** A wider field than any text needs, and small enough to keep. */
const WIDEST = 1_000_000;

/**
 * Puts values in the place of the `%` sequences of a format.
 *
 * @throws {FunctionError} for a sequence that does not exist, and for too few or too many values
 * @see zclconf/go-cty, cty/function/stdlib/format.go
 */
function formatText(template: string, values: readonly Value[]): string {
  const pieces: string[] = [];
  let at = 0;
  let next = 1;
  let highest = 0;
  for (let percent = template.indexOf("%"); percent >= 0; percent = template.indexOf("%", at)) {
    pieces.push(template.slice(at, percent));
    if (template[percent + 1] === "%") {
      pieces.push("%");
      at = percent + 2;
      continue;
    }
    const { source, position, ...verb } = readVerb(template, percent, next);
    const value = values[position - 1];
    if (value === undefined) {
      throw new FunctionError(
        `"${source}" at offset ${percent} needs value ${position}, but there are ${values.length}`,
      );
    }
    pieces.push(formatVerb({ ...verb, source, offset: percent }, value));
    highest = Math.max(highest, position);
    next = position + 1;
    at = percent + source.length;
  }
  if (highest < values.length) throw tooMany(highest);
  return pieces.join("") + template.slice(at);
}

function tooMany(used: number): ArgumentError {
  const why = used === 0 ? "the format string has no verbs" : `the format string uses only ${used}`;
  return new ArgumentError(used + 1, `there are too many arguments; ${why}`);
}

function readVerb(template: string, offset: number, next: number) {
  VERB.lastIndex = offset;
  const match = VERB.exec(template);
  if (!match)
    throw new FunctionError(`the "%" at offset ${offset} begins no format verb; write "%%" for a percent sign`);
  const [source, flags = "", width, precision, index, letter = ""] = match;
  const size = (digits: string) => {
    if (Number(digits) <= WIDEST) return Number(digits);
    throw new FunctionError(`the width or precision in "${source}" is too large`);
  };
  const spec = {
    minus: flags.includes("-"),
    plus: flags.includes("+"),
    sharp: flags.includes("#"),
    space: flags.includes(" "),
    zero: flags.includes("0"),
    width: width === undefined ? undefined : size(width),
    precision: precision === undefined ? undefined : size(precision),
  };
  return { source, letter, spec, position: index === undefined ? next : Number(index) };
}

export const formatFunctions: Functions = { format, formatlist };
