import { convert } from "../values/convert.ts";
import { areEqual } from "../values/equality.ts";
import { dynamicType, listType, sameType, setType, type Type, tupleType } from "../values/type.ts";
import { unify } from "../values/unify.ts";
import { elementTypeOf, listValue, setValue, sizeOf, tupleValue, unknownValue, type Value } from "../values/value.ts";
import { anyParam, type Functions, keepMark } from "./define.ts";
import { ArgumentError, FunctionError, type FunctionParameter, type HclFunction } from "./function.ts";

/** Of a product, which two short lists make long: an expression may have as many steps. */
const MOST_PARTS = 1_000_000;

const anySet: FunctionParameter = { name: "sets", type: setType(dynamicType), allowDynamicType: true };

/** A function of sets that gives a set of the type that all of them can be converted to. */
function setOperation(options: {
  /** Whether elements that are not known yet can stand in the result. */
  readonly allowUnknownElements: boolean;
  combine(a: readonly Value[], b: readonly Value[]): readonly Value[];
}): HclFunction {
  return {
    params: [{ ...anySet, name: "first_set" }],
    variadic: { ...anySet, name: "other_sets" },
    returnType: (args) => {
      // An empty set of no type is a set of any type.
      const isUntyped = (arg: Value) =>
        arg.isKnown && arg.elements().length === 0 && elementTypeOf(arg.type).kind === "dynamic";
      const types = args.filter((arg) => !isUntyped(arg)).map(({ type }) => elementTypeOf(type));
      if (types.length === 0) return setType(dynamicType);
      const common = unify(types, true);
      if (common === undefined) throw new FunctionError("the elements of the sets must have compatible types");
      return setType(common);
    },
    evaluate: (args, returnType) => {
      let result: Value | undefined;
      for (const arg of args) {
        const set = convert(arg, returnType);
        if (!options.allowUnknownElements && !set.isWhollyKnown) return unknownValue(returnType);
        result = result === undefined ? set : combineSets(result, set, options.combine);
      }
      return result ?? setValue([], elementTypeOf(returnType));
    },
  };
}

function combineSets(a: Value, b: Value, combine: (a: readonly Value[], b: readonly Value[]) => readonly Value[]) {
  // Where elements have no common type until they are known, `any` has let all of them pass.
  if (!sameType(a.type, b.type)) throw new FunctionError("the elements of the sets must have compatible types");
  return setValue(combine(a.elements(), b.elements()), elementTypeOf(a.type));
}

/** `setproduct(sets...)`: every combination of one element of each; a list when no argument is a set. */
const setproduct: HclFunction = {
  params: [],
  variadic: anyParam("sets", { allowSensitive: true, allowUnknown: true }),
  returnType: (args) => {
    if (args.length < 2) throw new FunctionError("at least two arguments are required");
    const tuple = tupleType(args.map(({ type }, index) => commonElementType(type, index)));
    return args.some(({ type }) => type.kind === "set") ? setType(tuple) : listType(tuple);
  },
  evaluate: (args, returnType) => {
    const tuple = elementTypeOf(returnType);
    if (!args.every(isLengthKnown)) return keepMark(openProduct(args, returnType), ...args);
    const parts = (args.length + 1) * args.reduce((product, arg) => product * arg.elements().length, 1);
    if (parts > MOST_PARTS) throw new FunctionError(`the product has more than ${MOST_PARTS} parts`);
    const combinations = args.reduce<readonly (readonly Value[])[]>(
      (before, arg) => before.flatMap((chosen) => arg.elements().map((item) => [...chosen, item])),
      [[]],
    );
    const tuples = combinations.map((items) => convert(tupleValue(items), tuple));
    return keepMark((returnType.kind === "set" ? setValue : listValue)(tuples, tuple), ...args);
  },
};

function isLengthKnown(arg: Value): boolean {
  return arg.isKnown && sizeOf(arg) !== undefined;
}

/** A product whose size is not known, unless it must be empty. */
function openProduct(args: readonly Value[], returnType: Type): Value {
  const isBounded = args.every((arg) => arg.isKnown || arg.type.kind === "tuple");
  if (!isBounded || !args.some((arg) => sizeOf(arg) === 0)) return unknownValue(returnType);
  return (returnType.kind === "set" ? setValue : listValue)([], elementTypeOf(returnType));
}

function commonElementType(type: Type, index: number): Type {
  if (type.kind === "set" || type.kind === "list") return type.element;
  if (type.kind !== "tuple") throw new ArgumentError(index, "a set or list is required");
  if (type.elements.length === 0) return dynamicType;
  const common = unify(type.elements, true);
  if (common === undefined) throw new ArgumentError(index, "all elements must have the same type");
  return common;
}

export const setFunctions: Functions = {
  setintersection: setOperation({
    allowUnknownElements: false,
    combine: (a, b) => a.filter((item) => b.some((other) => areEqual(item, other))),
  }),
  setproduct,
  setunion: setOperation({ allowUnknownElements: true, combine: (a, b) => [...a, ...b] }),
};
