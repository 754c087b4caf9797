import { ConversionError, convert } from "../values/convert.ts";
import {
  dynamicType,
  listType,
  mapType,
  objectType,
  sameType,
  stringType,
  type Type,
  tupleType,
  typeName,
} from "../values/type.ts";
import {
  elementTypeOf,
  listValue,
  mapValue,
  objectValue,
  stringValue,
  tupleValue,
  unknownValue,
  type Value,
} from "../values/value.ts";
import { anyParam, argumentAt, type Functions, keepMark, stringParam } from "./define.ts";
import { ArgumentError, FunctionError, type HclFunction } from "./function.ts";
import { sequenceValue } from "./lists.ts";

/** `keys(map)`: sorted; of an object they are known before its values are. */
const keys: HclFunction = {
  params: [anyParam("inputMap", { allowUnknown: true, allowSensitive: true })],
  returnType: (args) => {
    const { type } = argumentAt(args, 0);
    if (type.kind === "map") return listType(stringType);
    if (type.kind === "object") return tupleType([...type.attributes].map(() => stringType));
    throw new ArgumentError(0, "a map or object is required");
  },
  evaluate: (args, returnType) => {
    const map = argumentAt(args, 0);
    if (map.type.kind === "object") return keepMark(tupleValue([...map.type.attributes.keys()].map(stringValue)), map);
    if (!map.isKnown) return keepMark(unknownValue(returnType), map);
    return keepMark(listValue([...map.asMap().keys()].map(stringValue), stringType), map);
  },
};

/** `values(map)`: in the order of the keys. */
const values: HclFunction = {
  params: [anyParam("mapping", { allowSensitive: true })],
  returnType: (args) => {
    const { type } = argumentAt(args, 0);
    if (type.kind === "map") return listType(type.element);
    if (type.kind === "object") return tupleType([...type.attributes.values()]);
    throw new FunctionError("a map or object is required");
  },
  evaluate: (args, returnType) => {
    const map = argumentAt(args, 0);
    return keepMark(sequenceValue(map.elements(), returnType), map);
  },
};

/** `lookup(map, key, default)` */
const lookup: HclFunction = {
  params: [
    anyParam("inputMap", { allowSensitive: true }),
    { ...stringParam("key"), allowSensitive: true },
    anyParam("default", { allowSensitive: true }),
  ],
  returnType: (args) => {
    const [map, key, fallback] = [argumentAt(args, 0), argumentAt(args, 1), argumentAt(args, 2)];
    if (map.type.kind === "object") {
      return key.isKnown ? (map.type.attributes.get(key.asString()) ?? fallback.type) : dynamicType;
    }
    if (map.type.kind !== "map") throw new ArgumentError(0, "a map or object is required");
    convertDefault(fallback, map.type.element);
    return map.type.element;
  },
  mayBeNull: true,
  evaluate: (args, returnType) => {
    const [map, key, fallback] = [argumentAt(args, 0), argumentAt(args, 1), argumentAt(args, 2)];
    if (!map.isWhollyKnown) return keepMark(unknownValue(returnType), map, key);
    return keepMark(map.get(key.asString()) ?? convertDefault(fallback, returnType), map, key);
  },
};

function convertDefault(fallback: Value, type: Type): Value {
  try {
    return convert(fallback, type);
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    throw new ArgumentError(2, `the default value must have the type of the map's elements; ${error.message}`);
  }
}

/** `merge(maps...)`: of equal keys the last one wins. */
const merge: HclFunction = {
  params: [],
  variadic: anyParam("maps", { allowDynamicType: true, allowNull: true, allowSensitive: true }),
  returnType: (args) => mergedType(args),
  evaluate: (args, returnType) => {
    const given = args.filter(({ isNull }) => !isNull);
    for (const arg of given) expectMapOrObject(arg);
    const entries = given.flatMap((arg) => [...arg.asMap()]);
    const merged = returnType.kind === "map" ? mapValue(entries, returnType.element) : objectValue(entries);
    return keepMark(merged, ...args);
  },
};

/** Arguments of one type give that type, others an object with the keys of all. */
function mergedType(args: readonly Value[]): Type {
  const attributes = new Map<string, Type>();
  const types: Type[] = [];
  for (const arg of args) {
    if (arg.type.kind === "dynamic") return dynamicType;
    expectMapOrObject(arg);
    for (const [name, type] of attributesOf(arg)) attributes.set(name, type);
    types.push(arg.type.kind === "object" && arg.isNull ? objectType([]) : arg.type);
  }
  const [first] = types;
  if (first && types.every((type) => sameType(type, first))) return first;
  return args.some((arg) => arg.type.kind === "map" && !arg.isKnown) ? dynamicType : objectType(attributes);
}

function expectMapOrObject({ type }: Value): void {
  if (type.kind === "map" || type.kind === "object") return;
  throw new FunctionError(`the arguments must be maps or objects, not a ${typeName(type)}`);
}

function attributesOf(arg: Value): Iterable<readonly [string, Type]> {
  if (arg.isNull) return [];
  if (arg.type.kind === "object") return arg.type.attributes;
  return arg.isKnown ? [...arg.asMap().keys()].map((name) => [name, elementTypeOf(arg.type)] as const) : [];
}

/** `zipmap(keys, values)`: a map of a list, an object of a tuple. */
const zipmap: HclFunction = {
  params: [
    { name: "keys", type: listType(stringType), allowSensitive: true },
    anyParam("values", { allowSensitive: true }),
  ],
  returnType: (args) => {
    const [names, { type }] = [argumentAt(args, 0), argumentAt(args, 1)];
    if (type.kind === "list") return mapType(type.element);
    if (type.kind !== "tuple") throw new FunctionError("the values must be a list or tuple");
    if (!names.isWhollyKnown) return dynamicType;
    return objectType(zip(names, type.elements));
  },
  evaluate: (args, returnType) => {
    const [names, given] = [argumentAt(args, 0), argumentAt(args, 1)];
    if (!names.isWhollyKnown) return keepMark(unknownValue(returnType), names, given);
    const entries = zip(names, given.elements());
    const zipped = returnType.kind === "map" ? mapValue(entries, returnType.element) : objectValue(entries);
    return keepMark(zipped, names, given, ...names.elements());
  },
};

function zip<T>(names: Value, items: readonly T[]): (readonly [string, T])[] {
  const elements = names.elements();
  if (elements.length !== items.length) {
    throw new FunctionError(
      `there are ${elements.length} keys and ${items.length} values; their numbers must be equal`,
    );
  }
  return items.map((item, index) => {
    const name = argumentAt(elements, index);
    if (name.isNull) throw new FunctionError(`the key at index ${index} is null`);
    return [name.asString(), item] as const;
  });
}

export const mapFunctions: Functions = { keys, lookup, merge, values, zipmap };
