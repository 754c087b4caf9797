import type { BigFloat } from "../values/big-float.ts";
import { ConversionError, convert } from "../values/convert.ts";
import { areEqual } from "../values/equality.ts";
import { boolType, listType, numberType, typeName } from "../values/type.ts";
import { boolValue, numberValue, unknownValue, type Value } from "../values/value.ts";
import { anyParam, argumentAt, type Functions, isSequence } from "./define.ts";
import { ArgumentError, FunctionError, type HclFunction } from "./function.ts";

/** `contains(list, value)` */
const contains: HclFunction = {
  params: [anyParam("list"), anyParam("value")],
  returnType: boolType,
  evaluate: (args) => {
    const list = argumentAt(args, 0);
    if (!isSequence(list.type)) throw new FunctionError("the argument must be a list, tuple or set");
    const results = list.elements().map((item) => areEqual(argumentAt(args, 1), item));
    if (results.includes(true)) return boolValue(true);
    return results.includes(undefined) ? unknownValue(boolType) : boolValue(false);
  },
};

/** `index(list, value)`: where the value is first. */
const index: HclFunction = {
  params: [anyParam("list"), anyParam("value")],
  returnType: numberType,
  evaluate: (args) => {
    const list = argumentAt(args, 0);
    if (list.type.kind !== "list" && list.type.kind !== "tuple") {
      throw new FunctionError("the argument must be a list or tuple");
    }
    if (list.elements().length === 0) throw new FunctionError("an empty list cannot be searched");
    for (const [position, item] of list.elements().entries()) {
      const isEqual = areEqual(item, argumentAt(args, 1));
      if (isEqual === undefined) return unknownValue(numberType);
      if (isEqual) return numberValue(position);
    }
    throw new FunctionError("the list does not have this item");
  },
};

/** `sum(list)` */
const sum: HclFunction = {
  params: [anyParam("list")],
  returnType: numberType,
  evaluate: (args) => {
    const list = argumentAt(args, 0);
    if (!list.isContainer) throw new ArgumentError(0, "a list, set or tuple is required");
    if (list.elements().length === 0) throw new ArgumentError(0, "an empty list has no sum");
    if (!isSequence(list.type))
      throw new ArgumentError(0, `a list, set or tuple is required, not a ${typeName(list.type)}`);
    if (!list.isWhollyKnown) return unknownValue(numberType);
    return numberValue(
      list
        .elements()
        .map(summand)
        .reduce((total, number) => total.add(number)),
    );
  },
};

function summand(item: Value): BigFloat {
  const failure = new ArgumentError(0, "a list, set or tuple of numbers is required");
  if (item.isNull) throw failure;
  try {
    return convert(item, numberType).asNumber();
  } catch (error) {
    throw error instanceof ConversionError ? failure : error;
  }
}

/** `alltrue(list)`: null counts as false, an empty list as true. */
const alltrue: HclFunction = {
  params: [{ name: "list", type: listType(boolType) }],
  returnType: boolType,
  evaluate: (args) => {
    for (const item of argumentAt(args, 0).elements()) {
      if (!item.isKnown) return unknownValue(boolType);
      if (item.isNull || !item.asBool()) return boolValue(false);
    }
    return boolValue(true);
  },
};

/** `anytrue(list)`: null counts as false, an empty list too. */
const anytrue: HclFunction = {
  params: [{ name: "list", type: listType(boolType) }],
  returnType: boolType,
  evaluate: (args) => {
    const items = argumentAt(args, 0).elements();
    if (items.some((item) => item.isKnown && !item.isNull && item.asBool())) return boolValue(true);
    return items.every(({ isKnown }) => isKnown) ? boolValue(false) : unknownValue(boolType);
  },
};

export const listQuestionFunctions: Functions = { alltrue, anytrue, contains, index, sum };
