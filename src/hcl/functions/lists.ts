import { areEqual } from "../values/equality.ts";
import { dynamicType, listType, sameType, stringType, type Type, tupleType, typeName } from "../values/type.ts";
import { elementTypeOf, listValue, tupleValue, unknownValue, type Value } from "../values/value.ts";
import { anyParam, argumentAt, type Functions, keepMark, numberParam, wholeNumber } from "./define.ts";
import { ArgumentError, FunctionError, type HclFunction } from "./function.ts";

const sensitiveList = anyParam("list", { allowSensitive: true });
const anyList = { name: "list", type: listType(dynamicType) };

/** `element(list, index)`: the index wraps around at the end; there is nothing before the beginning. */
const element: HclFunction = {
  params: [sensitiveList, numberParam("index")],
  returnType: (args) => {
    const { type } = argumentAt(args, 0);
    const index = argumentAt(args, 1);
    if (index.isKnown && index.asNumber().sign < 0) throw new FunctionError("the index must not be negative");
    if (type.kind === "list") return type.element;
    if (type.kind !== "tuple") throw new FunctionError(`elements cannot be read from a ${typeName(type)}`);
    if (!index.isKnown) return dynamicType;
    return type.elements[wrappedIndex(args, type.elements.length)] ?? dynamicType;
  },
  mayBeNull: true,
  evaluate: (args) => {
    const list = argumentAt(args, 0);
    const elements = list.elements();
    return keepMark(argumentAt(elements, wrappedIndex(args, elements.length)), list);
  },
};

function wrappedIndex(args: readonly Value[], length: number): number {
  if (length === 0) throw new FunctionError("an empty list has no elements");
  return wholeNumber(args, 1) % length;
}

/** `coalescelist(vals...)`: the first list that is not empty. */
const coalescelist: HclFunction = {
  params: [],
  variadic: anyParam("vals", { allowUnknown: true, allowDynamicType: true, allowNull: true }),
  returnType: (args) => {
    if (args.length === 0) throw new FunctionError("at least one argument is required");
    for (const arg of args) {
      if (!arg.isKnown) return dynamicType;
      expectListOrTuple(arg);
    }
    const types = args.map(({ type }) => type);
    const { type: first } = argumentAt(args, 0);
    return types.every((type) => sameType(type, first)) ? first : dynamicType;
  },
  evaluate: (args, returnType) => {
    for (const arg of args) {
      if (!arg.isKnown) return unknownValue(returnType);
      if (arg.isNull) continue;
      expectListOrTuple(arg);
      if (arg.elements().length > 0) return arg;
    }
    throw new FunctionError("no argument is a list with elements");
  },
};

function expectListOrTuple({ type }: Value): void {
  if (type.kind !== "list" && type.kind !== "tuple") throw new FunctionError("the arguments must be lists or tuples");
}

/** `compact(list)`: without empty strings and nulls. */
const compact: HclFunction = {
  params: [{ name: "list", type: listType(stringType) }],
  returnType: listType(stringType),
  evaluate: (args, returnType) => {
    const list = argumentAt(args, 0);
    if (!list.isWhollyKnown) return unknownValue(returnType);
    return listValue(
      list.elements().filter((item) => !item.isNull && item.asString() !== ""),
      stringType,
    );
  },
};

/** `distinct(list)`: the first of equal elements stays. */
const distinct: HclFunction = {
  params: [anyList],
  returnType: (args) => argumentAt(args, 0).type,
  evaluate: (args, returnType) => {
    const list = argumentAt(args, 0);
    if (!list.isWhollyKnown) return unknownValue(returnType);
    const kept: Value[] = [];
    for (const item of list.elements()) if (!kept.some((other) => areEqual(other, item))) kept.push(item);
    return listValue(kept, elementTypeOf(returnType));
  },
};

/** `chunklist(list, size)`: a size of 0 makes one chunk of all. */
const chunklist: HclFunction = {
  params: [
    { ...anyList, allowSensitive: true },
    { ...numberParam("size"), allowSensitive: true },
  ],
  returnType: (args) => listType(argumentAt(args, 0).type),
  evaluate: (args) => {
    const list = argumentAt(args, 0);
    const size = wholeNumber(args, 1);
    if (size < 0) throw new FunctionError("the size must not be negative");
    const elements = list.elements();
    const step = size === 0 ? elements.length : size;
    const chunks: Value[] = [];
    for (let start = 0; start < elements.length; start += step)
      chunks.push(listValue(elements.slice(start, start + step)));
    return keepMark(listValue(chunks, list.type), ...args);
  },
};

/** `reverse(list)` */
const reverse: HclFunction = {
  params: [sensitiveList],
  returnType: (args) => {
    const { type } = argumentAt(args, 0);
    if (type.kind === "tuple") return tupleType(type.elements.toReversed());
    if (type.kind === "list" || type.kind === "set") return listType(type.element);
    throw new ArgumentError(0, `only a list or tuple can be reversed, not a ${typeName(type)}`);
  },
  evaluate: (args, returnType) => {
    const list = argumentAt(args, 0);
    return keepMark(sequenceValue(list.elements().toReversed(), returnType), list);
  },
};

/** `slice(list, start_index, end_index)`: without the element at the end index. */
const slice: HclFunction = {
  params: [sensitiveList, numberParam("start_index"), numberParam("end_index")],
  returnType: (args) => {
    const { type } = argumentAt(args, 0);
    if (type.kind === "set") throw new ArgumentError(0, "a set has no order; convert it to a list first");
    if (type.kind !== "list" && type.kind !== "tuple") throw new ArgumentError(0, "a list or tuple is required");
    const bounds = sliceBounds(args);
    if (type.kind !== "tuple") return type;
    return bounds ? tupleType(type.elements.slice(bounds.start, bounds.end)) : dynamicType;
  },
  evaluate: (args, returnType) => {
    const list = argumentAt(args, 0);
    const bounds = sliceBounds(args);
    return keepMark(sequenceValue(list.elements().slice(bounds?.start, bounds?.end), returnType), list);
  },
};

/** The checked indexes; undefined while one of them is not known. */
function sliceBounds(args: readonly Value[]): { start: number; end: number } | undefined {
  const list = argumentAt(args, 0);
  const length =
    list.type.kind === "tuple" ? list.type.elements.length : list.isKnown ? list.elements().length : undefined;
  const read = (position: 1 | 2, name: string) => {
    if (!argumentAt(args, position).isKnown) return undefined;
    const value = wholeNumber(args, position);
    if (value < 0) throw new ArgumentError(position, `the ${name} index must not be negative`);
    if (length === undefined || value <= length) return value;
    throw new ArgumentError(position, `the ${name} index must not be greater than ${length}, the length of the list`);
  };
  const [start, end] = [read(1, "start"), read(2, "end")];
  if (start === undefined || end === undefined) return undefined;
  if (start > end) throw new ArgumentError(1, "the start index must not be greater than the end index");
  return { start, end };
}

/** A list or tuple, whichever the type asks for. */
export function sequenceValue(elements: readonly Value[], type: Type): Value {
  return type.kind === "tuple" ? tupleValue(elements) : listValue(elements, elementTypeOf(type));
}

export const listFunctions: Functions = {
  chunklist,
  coalescelist,
  compact,
  distinct,
  element,
  reverse,
  slice,
};
