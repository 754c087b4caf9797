import { goLog } from "../../go-template/go/exp-log.ts";
import { goPow } from "../../go-template/go/pow.ts";
import { BigFloat, NumberError } from "../values/big-float.ts";
import { numberType } from "../values/type.ts";
import { numberValue, type Value } from "../values/value.ts";
import { anyParam, argumentAt, type Functions, numberParam, wholeNumber } from "./define.ts";
import { ArgumentError, FunctionError, type HclFunction } from "./function.ts";

function numberFunction(name: string, call: (number: BigFloat) => BigFloat): HclFunction {
  return {
    params: [numberParam(name)],
    returnType: numberType,
    evaluate: (args) => numberValue(call(argumentAt(args, 0).asNumber())),
  };
}

/** `min(numbers...)` and `max(numbers...)` */
function extreme(isBetter: (number: BigFloat, best: BigFloat) => boolean): HclFunction {
  return {
    params: [],
    variadic: { ...numberParam("numbers"), allowDynamicType: true },
    returnType: numberType,
    evaluate: (args) => {
      if (args.length === 0) throw new FunctionError("at least one number is required");
      return args.reduce((best, arg) => (isBetter(arg.asNumber(), best.asNumber()) ? arg : best));
    },
  };
}

/** Functions that Packer computes with doubles. */
function doubleFunction(names: readonly [string, string], call: (a: number, b: number) => number): HclFunction {
  return {
    params: names.map(numberParam),
    returnType: numberType,
    evaluate: (args) => numberValue(call(double(args, 0), double(args, 1))),
  };
}

function double(args: readonly Value[], index: number): number {
  const number = argumentAt(args, index).asNumber();
  const nearest = number.toNumber();
  if (Number.isFinite(nearest) || number.isInfinite) return nearest;
  throw new ArgumentError(index, "the number is too large");
}

/** Cuts off what is after the point, towards the neighbour that `isAway` asks for. */
function roundTo(number: BigFloat, direction: 1 | -1): BigFloat {
  if (number.isInfinite || (number.isInteger && !number.isZero)) return number;
  const whole = number.toBigInt();
  const rounded = number.sign === direction ? whole + BigInt(direction) : whole;
  return BigFloat.rounded(rounded < 0n ? -1 : 1, rounded < 0n ? -rounded : rounded, 0, number.precision);
}

/** `parseint(number, base)`: digits, then lower-case letters, then upper-case ones; up to 36 both cases are equal. */
const parseint: HclFunction = {
  params: [anyParam("number"), numberParam("base")],
  returnType: (args) => {
    if (argumentAt(args, 0).type.kind !== "string") throw new ArgumentError(0, "a string is required");
    return numberType;
  },
  evaluate: (args) => {
    const text = argumentAt(args, 0).asString();
    const base = wholeNumber(args, 1);
    if (base < 2 || base > 62) throw new ArgumentError(1, "the base must be a whole number from 2 to 62");
    const number = parseInteger(text, base);
    if (number !== undefined) return numberValue(number);
    throw new ArgumentError(0, `cannot parse "${text}" as an integer in base ${base}`);
  },
};

/** More than any number may have, in any base. */
const MOST_DIGITS = 2 ** 15;
const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

function parseInteger(text: string, base: number): bigint | undefined {
  const [, sign = "", digits = ""] = /^([+-]?)([0-9A-Za-z]+)$/.exec(text) ?? [];
  if (digits === "") return undefined;
  if (digits.length > MOST_DIGITS) throw new NumberError("The number is too large or too close to zero");
  const values = [...(base <= 36 ? digits.toLowerCase() : digits)].map((digit) => DIGITS.indexOf(digit));
  if (values.some((value) => value >= base)) return undefined;
  const magnitude = values.reduce((number, value) => number * BigInt(base) + BigInt(value), 0n);
  return sign === "-" ? -magnitude : magnitude;
}

export const numberFunctions: Functions = {
  abs: numberFunction("num", (number) => number.absolute()),
  ceil: numberFunction("num", (number) => roundTo(number, 1)),
  floor: numberFunction("num", (number) => roundTo(number, -1)),
  log: doubleFunction(["num", "base"], (number, base) => goLog(number) / goLog(base)),
  max: extreme((number, best) => number.compare(best) > 0),
  min: extreme((number, best) => number.compare(best) < 0),
  parseint,
  pow: doubleFunction(["num", "power"], goPow),
  signum: {
    params: [numberParam("num")],
    returnType: numberType,
    evaluate: (args) => numberValue(Math.sign(wholeNumber(args, 0))),
  },
};
