import { describe, expect, it } from "vitest";
import { evaluateText } from "../../../tests/support/hcl/evaluate-text.ts";
import { ConversionError, convert } from "./convert.ts";
import { areEqual, equals } from "./equality.ts";
import {
  boolType,
  compareStrings,
  dynamicType,
  listType,
  mapType,
  numberType,
  objectType,
  setType,
  stringType,
  type Type,
  tupleType,
  typeExpression,
  typeName,
} from "./type.ts";
import { canConvert, unify } from "./unify.ts";
import {
  boolValue,
  falseValue,
  listValue,
  mapValue,
  nullValue,
  numberValue,
  objectValue,
  setValue,
  stringValue,
  trueValue,
  tupleValue,
  unknownValue,
} from "./value.ts";

const [s, n, b, any] = [stringType, numberType, boolType, dynamicType];
const object = (attributes: Readonly<Record<string, Type>>) => objectType(Object.entries(attributes));

describe("convert()", () => {
  it.each([
    ["convert(1, string)", '"1"'],
    ["convert(1.50, string)", '"1.5"'],
    ["convert(true, string)", '"true"'],
    ['convert("1", bool)', "true"],
    ['convert("0", bool)', "false"],
    ['convert("1e2", number)', "100"],
    ['convert([1, true, "x"], list(any))', '["1", "true", "x"]'],
    ["convert([], list(any))", "[]"],
    ['convert([[1], ["x"]], list(list(string)))', '[["1"], ["x"]]'],
    ['convert({a = 1, b = "x"}, map(any))', '{"a" = "1", "b" = "x"}'],
    ["convert({a = 1, b = 2}, object({a = string}))", '{"a" = "1"}'],
    ["convert(m, object({x = number}))", '{"x" = 1}'],
    ["convert(l, set(string))", 'convert(["a", "b"], set(string))'],
    ["convert(set, list(string))", '["1", "3"]'],
    ["convert([1, 2], tuple([string, number]))", '["1", 2]'],
    ["convert(null, list(string))", "null"],
    ["convert(ud, string)", "unknown string"],
    ["convert([secret], list(string))", "[(sensitive value)]"],
    ["convert([secret], set(string))", "(sensitive value)"],
  ])("%s", (text, expected) => {
    expect(evaluateText(text)).toBe(expected);
  });

  it.each<[Parameters<typeof convert>[0], Type, string]>([
    [stringValue("x"), n, "a number is required"],
    [stringValue("x"), b, "a bool is required"],
    [stringValue("True"), b, 'a bool is required; to convert from string, use lowercase "true"'],
    [numberValue(1), b, "bool required, but have number"],
    [tupleValue([]), s, "string required, but have tuple"],
    [listValue([], s), s, "string required, but have list of string"],
    [stringValue("x"), listType(s), "list of string required, but have string"],
    [tupleValue([stringValue("x")]), listType(n), "[0]: a number is required"],
    [tupleValue([tupleValue([])]), listType(n), "element 0: number required, but have tuple"],
    [tupleValue([tupleValue([]), numberValue(1)]), listType(any), "all list elements must have the same type"],
    [objectValue([]), object({ a: s }), 'attribute "a" is required'],
    [objectValue([]), object({ a: s, b: s, c: s }), 'attributes "a", "b" and "c" are required'],
    [objectValue([["a", tupleValue([])]]), object({ a: s }), 'attribute "a": string required, but have tuple'],
    [objectValue([["a", stringValue("x")]]), object({ a: n }), ".a: a number is required"],
    [mapValue([["a", stringValue("x")]]), mapType(n), '["a"]: a number is required'],
    [mapValue([["a", stringValue("x")]]), object({ b: s }), 'map has no element for required attribute "b"'],
    [mapValue([], s), listType(s), "list of string required"],
    [listValue([], listType(s)), listType(s), "incorrect list element type: string required, but have list of string"],
    [tupleValue([]), tupleType([s]), "tuple required, but have tuple"],
  ])("case %#", (value, type, message) => {
    expect(() => convert(value, type)).toThrow(ConversionError);
    expect(() => convert(value, type)).toThrow(message);
  });
});

describe("unify()", () => {
  it.each<[readonly Type[], string | undefined]>([
    [[], undefined],
    [[s], "string"],
    [[s, n], "string"],
    [[n, b], undefined],
    [[n, b, s], "string"],
    [[listType(n), listType(s)], "list(string)"],
    [[listType(s), tupleType([n])], "list(string)"],
    [[tupleType([n]), tupleType([s])], "tuple([string])"],
    [[tupleType([n]), tupleType([s, s])], "list(string)"],
    [[tupleType([]), tupleType([n])], "list(number)"],
    [[object({ a: n }), object({ a: s })], "object({a=string})"],
    [[object({ a: n }), object({ b: s })], "map(string)"],
    [[mapType(n), object({ a: s })], "map(string)"],
    [[object({ a: n }), tupleType([n])], undefined],
    [[listType(s), mapType(s)], undefined],
    [[setType(s), listType(s)], "list(string)"],
    [[s, any], "string"],
    [[listType(s), any], "any"],
    [[s, listType(s)], undefined],
  ])("case %#", (types, expected) => {
    const common = unify(types, true);
    expect(common && typeExpression(common)).toBe(expected);
  });

  it("uses only conversions that cannot fail, unless told otherwise", () => {
    expect(canConvert(s, n)).toBe(true);
    expect(canConvert(s, n, false)).toBe(false);
    expect(canConvert(listType(s), setType(s), false)).toBe(false);
    expect(canConvert(mapType(s), object({ a: s }), false)).toBe(false);
  });
});

describe("Value", () => {
  it("is normalized text", () => {
    expect(stringValue("e\u0301").asString()).toBe("\u00e9");
    expect(objectValue([["e\u0301", trueValue]]).get("\u00e9")).toBe(trueValue);
  });

  it("is in the order of code points, in maps and sets", () => {
    const texts = ["\u{1F600}", "\uFFFD", "b", "a", "B"];
    const sorted = ["B", "a", "b", "\uFFFD", "\u{1F600}"];
    expect([...texts].sort(compareStrings)).toEqual(sorted);
    expect(
      setValue(texts.map(stringValue))
        .elements()
        .map((element) => element.asString()),
    ).toEqual(sorted);
    expect([
      ...mapValue(texts.map((text) => [text, trueValue] as const))
        .asMap()
        .keys(),
    ]).toEqual(sorted);
  });

  it("is there once in a set, whatever its type", () => {
    expect(
      setValue([numberValue(2), numberValue(10), numberValue(2)])
        .elements()
        .map((element) => element.asNumber().toNumber()),
    ).toEqual([2, 10]);
    expect(setValue([trueValue, falseValue, trueValue]).elements()).toEqual([falseValue, trueValue]);
    expect(setValue([tupleValue([trueValue]), tupleValue([trueValue])]).elements()).toHaveLength(1);
    expect(setValue([unknownValue(s), unknownValue(s)]).elements()).toHaveLength(2);
  });

  it("does not give what it does not hold", () => {
    expect(() => numberValue(1).asString()).toThrow("A number is not a known string");
    expect(() => nullValue(s).asString()).toThrow("A null string is not a known string");
    expect(() => unknownValue(n).asNumber()).toThrow("A not yet known number is not a known number");
    expect(() => stringValue("").asBool()).toThrow(TypeError);
    expect(() => stringValue("").elements()).toThrow(TypeError);
    expect(() => listValue([trueValue, numberValue(1)])).toThrow("the elements of a collection have one type");
  });

  it("loses its marks only on demand", () => {
    const value = objectValue([["a", tupleValue([stringValue("x").withSensitive()])]]);
    expect(value.isSensitive).toBe(false);
    expect(value.containsSensitive).toBe(true);
    expect(value.withoutSensitiveDeep().containsSensitive).toBe(false);
  });
});

describe("equals()", () => {
  it.each([
    [numberValue(1), numberValue(1n), true],
    [numberValue(1), stringValue("1"), false],
    [nullValue(s), nullValue(n), true],
    [nullValue(s), stringValue(""), false],
    [unknownValue(s), stringValue(""), undefined],
    [unknownValue(s), numberValue(1), false],
    [unknownValue(), numberValue(1), undefined],
    [listValue([trueValue]), tupleValue([trueValue]), false],
    [tupleValue([trueValue, unknownValue(b)]), tupleValue([falseValue, falseValue]), false],
    [tupleValue([trueValue, unknownValue(b)]), tupleValue([trueValue, falseValue]), undefined],
    [mapValue([["a", trueValue]]), mapValue([["b", trueValue]]), false],
    [mapValue([["a", trueValue]]), mapValue([["a", trueValue]]), true],
    [listValue([trueValue]), listValue([trueValue, trueValue]), false],
  ])("case %#", (left, right, expected) => {
    expect(areEqual(left, right)).toBe(expected);
    expect(areEqual(right, left)).toBe(expected);
  });

  it("keeps the mark", () => {
    expect(equals(stringValue("a").withSensitive(), stringValue("b")).isSensitive).toBe(true);
    expect(equals(boolValue(true), trueValue).isSensitive).toBe(false);
  });
});

describe("typeName()", () => {
  it.each<[Type, string, string]>([
    [s, "string", "string"],
    [any, "dynamic", "any type"],
    [listType(mapType(n)), "list of map of number", "list of map of number"],
    [listType(any), "list of dynamic", "list of any single type"],
    [tupleType([s]), "tuple", "tuple"],
    [object({}), "object", "object"],
  ])("case %#", (type, value, constraint) => {
    expect(typeName(type)).toBe(value);
    expect(typeName(type, "any type")).toBe(constraint);
  });
});
