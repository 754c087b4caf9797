import { countGraphemes } from "../../common/graphemes.ts";
import { ConversionError, convert } from "../values/convert.ts";
import { dynamicType, listType, numberType, type Type, tupleType, typeName } from "../values/type.ts";
import { unify } from "../values/unify.ts";
import { listValue, numberValue, sizeOf, tupleValue, unknownValue, type Value } from "../values/value.ts";
import { anyParam, argumentAt, type Functions, isSequence, keepMark, numberParam } from "./define.ts";
import { ArgumentError, FunctionError, type HclFunction } from "./function.ts";

/** `concat(seqs...)`: a list when all arguments are lists of types that have one in common, else a tuple. */
const concat: HclFunction = {
  params: [],
  variadic: anyParam("seqs", { allowSensitive: true }),
  returnType: (args) => {
    if (args.length === 0) throw new FunctionError("at least one argument is required");
    const types = args.map(({ type }) => type);
    const common = types.every(({ kind }) => kind === "list") ? unify(types, true) : undefined;
    return common ?? concatenatedType(args);
  },
  evaluate: (args, returnType) => {
    if (returnType.kind !== "list") return keepMark(tupleValue(args.flatMap((arg) => arg.elements())), ...args);
    const elements = args.flatMap((arg) => convert(arg, returnType).elements());
    return keepMark(listValue(elements, returnType.element), ...args);
  },
};

function concatenatedType(args: readonly Value[]): Type {
  const elements: Type[] = [];
  for (const [index, arg] of args.entries()) {
    const { type } = arg;
    if (type.kind === "tuple") elements.push(...type.elements);
    else if (type.kind !== "list")
      throw new ArgumentError(index, `a list or tuple is required, not a ${typeName(type)}`);
    else if (!arg.isKnown) return dynamicType;
    else elements.push(...arg.elements().map(() => type.element));
  }
  return tupleType(elements);
}

/** `flatten(list)`: a tuple of all that is inside lists, sets and tuples, at any depth. */
const flatten: HclFunction = {
  params: [anyParam("list", { allowSensitive: true })],
  returnType: (args) => {
    const list = argumentAt(args, 0);
    if (!list.isWhollyKnown) return dynamicType;
    if (!isSequence(list.type)) throw new FunctionError("only lists, sets and tuples can be flattened");
    return flattened(list)?.type ?? dynamicType;
  },
  evaluate: (args) => flattened(argumentAt(args, 0)) ?? unknownValue(),
};

/** Undefined while the number of elements is not known. A mark on an inner list is kept on the whole. */
function flattened(list: Value): Value | undefined {
  const flat: Value[] = [];
  let isSensitive = false;
  const visit = (value: Value): boolean => {
    isSensitive ||= value.isSensitive;
    if (sizeOf(value) === undefined) return false;
    return value.elements().every((item) => {
      if (item.type.kind === "dynamic" && !item.isKnown) return false;
      if (!item.isNull && isSequence(item.type)) return item.isKnown && visit(item);
      flat.push(item);
      return true;
    });
  };
  if (!visit(list)) return undefined;
  return tupleValue(flat).withSensitive(isSensitive);
}

/** The most numbers that `range()` makes, in Packer and so here. */
const LONGEST_RANGE = 1024;

/** `range(limit)`, `range(start, limit)`, `range(start, limit, step)` */
const range: HclFunction = {
  params: [],
  variadic: numberParam("params"),
  returnType: listType(numberType),
  evaluate: (args) => {
    const zero = numberValue(0).asNumber();
    const numbers = args.map((arg) => arg.asNumber());
    const [first, second, third] = numbers;
    if (first === undefined || numbers.length > 3) throw new FunctionError("one, two or three arguments are required");
    const [start, end] = second === undefined ? [zero, first] : [first, second];
    const step = third ?? numberValue(end.compare(start) < 0 ? -1 : 1).asNumber();
    if (step.isZero && end.equals(start)) return listValue([], numberType);
    if (step.isZero) throw new ArgumentError(2, "the step must not be zero");
    if (end.compare(start) * step.sign < 0) {
      throw new ArgumentError(1, `the end must be ${step.sign < 0 ? "less" : "greater"} than the start with this step`);
    }
    const values: Value[] = [];
    for (let number = start; number.compare(end) * step.sign < 0; number = number.add(step)) {
      if (values.length === LONGEST_RANGE) throw new FunctionError(`more than ${LONGEST_RANGE} numbers would be made`);
      values.push(numberValue(number));
    }
    return listValue(values, numberType);
  },
};

/** `coalesce(vals...)`: the first value that is neither null nor an empty string. */
const coalesce: HclFunction = {
  params: [],
  variadic: anyParam("vals", { allowUnknown: true, allowDynamicType: true, allowNull: true }),
  returnType: (args) => {
    const common = unify(
      args.map(({ type }) => type),
      true,
    );
    if (common === undefined) throw new FunctionError("all arguments must have the same type");
    return common;
  },
  mayBeNull: true,
  evaluate: (args, returnType) => {
    for (const arg of args) {
      const value = convertIfPossible(arg, returnType);
      if (value === undefined) continue;
      if (!value.isKnown) return unknownValue(returnType);
      const isEmptyString = !value.isNull && returnType.kind === "string" && value.asString() === "";
      if (!value.isNull && !isEmptyString) return value;
    }
    throw new FunctionError("no argument is other than null or an empty string");
  },
};

/** Undefined for what has no value of the type, such as `"a"` for a number: it is passed over, as null is. */
function convertIfPossible(value: Value, type: Type): Value | undefined {
  try {
    return convert(value, type);
  } catch (error) {
    if (error instanceof ConversionError) return undefined;
    throw error;
  }
}

/** `length(value)`: of a string, its characters as a reader counts them. */
const length: HclFunction = {
  params: [anyParam("value", { allowUnknown: true, allowDynamicType: true })],
  returnType: (args) => {
    const { kind } = argumentAt(args, 0).type;
    if (kind === "number" || kind === "bool")
      throw new FunctionError("a string, collection, tuple or object is required");
    return numberType;
  },
  evaluate: (args) => {
    const value = argumentAt(args, 0);
    if (value.isKnown && value.type.kind === "string") return numberValue(countGraphemes(value.asString()));
    const size = sizeOf(value);
    return size === undefined ? unknownValue(numberType) : numberValue(size);
  },
};

export const combiningFunctions: Functions = { coalesce, concat, flatten, length, range };
