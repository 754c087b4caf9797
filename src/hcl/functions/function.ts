import { conversionFailure } from "../values/conversion-failure.ts";
import { ConversionError, convert } from "../values/convert.ts";
import { dynamicType, type Type } from "../values/type.ts";
import { canConvert } from "../values/unify.ts";
import { ElementTypeError, listValue, unknownValue, type Value } from "../values/value.ts";

/** A parameter of a function, and which unusual arguments the function wants to see for itself. */
export interface FunctionParameter {
  readonly name: string;
  /** Arguments are converted to this type; `dynamicType` takes them as they are. */
  readonly type: Type;
  /** Take null; else null is an error. */
  readonly allowNull?: boolean;
  /** Take a value that is not known yet; else the result is unknown without the function being called. */
  readonly allowUnknown?: boolean;
  /** Take a tuple that is not known yet as a list of as many elements that are not known. */
  readonly keepsLength?: boolean;
  /** Take an argument whose type is not known yet; else the result is unknown, of unknown type. */
  readonly allowDynamicType?: boolean;
  /** Take sensitive values; else the mark is taken off the arguments, at any depth, and put on the result. */
  readonly allowSensitive?: boolean;
}

/**
 * A function of the template language.
 *
 * `callFunction()` checks and converts the arguments first, so `returnType` and `evaluate` see what the parameters say.
 * Both may throw `FunctionError` or `ArgumentError`.
 */
export interface HclFunction {
  readonly params: readonly FunctionParameter[];
  /** Any number of further arguments. */
  readonly variadic?: FunctionParameter;
  /** The type of the result, when it can be known before the arguments are; arguments may be unknown here. */
  readonly returnType: Type | ((args: readonly Value[]) => Type);
  /** The result may be null; else it is known not to be, even before it is known itself. */
  readonly mayBeNull?: boolean;
  evaluate(args: readonly Value[], returnType: Type): Value;
}

/** A call that cannot give a value; the message is a sentence's tail, without the function's name. */
export class FunctionError extends Error {}

/** A call that fails because of one argument; it is shown at that argument. */
export class ArgumentError extends FunctionError {
  /** Counted from 0, variadic ones included. */
  readonly argumentIndex: number;

  constructor(argumentIndex: number, message: string) {
    super(message);
    this.argumentIndex = argumentIndex;
  }
}

/**
 * Calls a function as a template does: counts and converts the arguments, then applies the parameters' rules for null,
 * unknown and sensitive values.
 *
 * @throws {FunctionError} when the arguments do not fit, or the function itself fails
 * @see zclconf/go-cty, cty/function/function.go, Call()
 */
export function callFunction(fn: HclFunction, args: readonly Value[]): Value {
  checkCount(fn, args.length);
  const params = args.map((_, index) => parameterAt(fn, index));
  const given = args.map((arg, index) => prepareArgument(arg, params[index] as FunctionParameter, index));
  const isSensitive = params.some((param, index) => !param.allowSensitive && args[index]?.containsSensitive);
  const finish = (value: Value) => {
    const result = fn.mayBeNull ? value : value.notNull();
    return isSensitive ? result.withSensitive() : result;
  };
  for (const [index, param] of params.entries()) {
    if (given[index]?.isNull && !param.allowNull) throw new ArgumentError(index, "argument must not be null");
    // Whether the arguments after it fit is not looked at either.
    if (!param.allowDynamicType && hasNoType(given[index])) return finish(unknownValue(dynamicType));
  }
  return finish(callPrepared(fn, params, given));
}

/** A null of no type is a value all the same; a function that takes null sees it. */
function hasNoType(arg: Value | undefined): boolean {
  return arg?.type.kind === "dynamic" && !arg.isNull;
}

function callPrepared(fn: HclFunction, params: readonly FunctionParameter[], args: readonly Value[]): Value {
  try {
    const returnType = typeof fn.returnType === "function" ? fn.returnType(args) : fn.returnType;
    if (params.some((param, index) => !param.allowUnknown && !args[index]?.isKnown)) return unknownValue(returnType);
    return fn.evaluate(args, returnType);
  } catch (error) {
    // Arguments that fit each by itself may still not fit together.
    const isUnfit = error instanceof ConversionError || error instanceof ElementTypeError;
    throw isUnfit ? new FunctionError(error.message) : error;
  }
}

/** The parameter that the argument with this index belongs to. */
function parameterAt(fn: HclFunction, index: number): FunctionParameter {
  const param = fn.params[index] ?? fn.variadic;
  if (param === undefined) throw new FunctionError("too many arguments");
  return param;
}

function checkCount(fn: HclFunction, given: number): void {
  const required = fn.params.length;
  const tooMany = fn.variadic === undefined && given > required;
  if (given >= required && !tooMany) return;
  const atLeast = fn.variadic === undefined ? "" : "at least ";
  throw new FunctionError(`wrong number of arguments (${atLeast}${required} required; ${given} given)`);
}

function prepareArgument(arg: Value, param: FunctionParameter, index: number): Value {
  const visible = param.allowSensitive ? arg : arg.withoutSensitiveDeep();
  if (!canConvert(visible.type, param.type)) {
    throw new ArgumentError(index, conversionFailure(visible.type, param.type));
  }
  const converted = convertArgument(visible, param.type, index);
  return param.keepsLength ? withLengthOf(visible, converted) : converted;
}

function withLengthOf({ type: from }: Value, converted: Value): Value {
  const { type } = converted;
  if (converted.isKnown || from.kind !== "tuple" || type.kind !== "list") return converted;
  return listValue(
    from.elements.map(() => unknownValue(type.element)),
    type.element,
  );
}

function convertArgument(arg: Value, type: Type, index: number): Value {
  try {
    return convert(arg, type);
  } catch (error) {
    if (error instanceof ConversionError) throw new ArgumentError(index, error.message);
    throw error;
  }
}
