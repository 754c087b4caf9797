import { boolType, dynamicType, numberType, stringType, type Type } from "../values/type.ts";
import { boolValue, stringValue, type Value } from "../values/value.ts";
import { ArgumentError, type FunctionParameter, type HclFunction } from "./function.ts";

/** A table of functions by name. */
export type Functions = Readonly<Record<string, HclFunction>>;

export function stringParam(name: string): FunctionParameter {
  return { name, type: stringType };
}

export function numberParam(name: string): FunctionParameter {
  return { name, type: numberType };
}

export function anyParam(name: string, options: Omit<FunctionParameter, "name" | "type"> = {}): FunctionParameter {
  return { name, type: dynamicType, ...options };
}

/** A function from strings to a string: most of them. */
export function stringFunction(
  paramNames: readonly string[],
  call: (...texts: readonly string[]) => string,
): HclFunction {
  return {
    params: paramNames.map(stringParam),
    returnType: stringType,
    evaluate: (args) => stringValue(call(...args.map((arg) => arg.asString()))),
  };
}

/** A question about strings. */
export function stringTest(paramNames: readonly string[], call: (...texts: readonly string[]) => boolean): HclFunction {
  return {
    params: paramNames.map(stringParam),
    returnType: boolType,
    evaluate: (args) => boolValue(call(...args.map((arg) => arg.asString()))),
  };
}

/**
 * An argument that must be a whole number, as a number of JavaScript; beyond 2^53 it is the nearest one, which is as
 * far out of range of anything as the number itself.
 *
 * @throws {ArgumentError} for a fraction, and for what does not fit in 64 bits
 */
export function wholeNumber(args: readonly Value[], index: number): number {
  const number = argumentAt(args, index).asNumber();
  const isWhole = number.isInteger && BigInt.asIntN(64, number.toBigInt()) === number.toBigInt();
  if (isWhole) return Number(number.toBigInt());
  throw new ArgumentError(index, `a whole number is required, not ${number.toMessage()}`);
}

/** An argument that `callFunction()` has made sure of. */
export function argumentAt(args: readonly Value[], index: number): Value {
  const arg = args[index];
  if (arg === undefined) throw new ArgumentError(index, "the argument is missing");
  return arg;
}

/** A list, set or tuple. */
export function isSequence(type: Type): boolean {
  return type.kind === "list" || type.kind === "set" || type.kind === "tuple";
}

/** Puts the mark of an argument that was taken as it is on what came of it. */
export function keepMark(result: Value, ...from: readonly Value[]): Value {
  return from.some(({ isSensitive }) => isSensitive) ? result.withSensitive() : result;
}
