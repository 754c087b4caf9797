import { describe, expect, it } from "vitest";
import { evaluateExpression } from "../../../tests/support/hcl/evaluate-expression.ts";
import { toJson } from "../functions/json.ts";

function result(expression: string): string {
  const value = evaluateExpression(expression);
  return typeof value === "string" ? value : toJson(value);
}

describe("a set has each of its elements once, and loses none:", () => {
  // Packer orders containers by a text in which numbers have ten digits, and tells them apart by all of them.
  it.each([
    ["setunion([{ a = 12345678901 }], [{ a = 12345678902 }])", 2],
    ["convert([[12345678901], [12345678902], [12345678901]], set(list(number)))", 2],
    ["convert([[0.12345678901], [0.12345678902]], set(list(number)))", 2],
    ["convert([{ a = 12345678902 }, { a = 12345678901 }, { a = 12345678902 }], set(map(number)))", 2],
    ["convert([[1e40], [1e40 + 1], [1e40]], set(list(number)))", 2],
    ["convert([[[12345678901]], [[12345678902]]], set(set(list(number))))", 2],
    // The order in which they came says nothing about sets in sets.
    ["convert([[[12345678901], [12345678902]], [[12345678902], [12345678901]]], set(set(list(number))))", 1],
    ["setunion([[1.0]], [[1]], [[100e-2]])", 1],
    ["setunion([[0]], [[-0]])", 2],
    ["convert([0, -0], set(number))", 2],
    ['setunion([{ a = "x", b = null }], [{ a = "x", b = null }])', 1],
    ['setunion([["a", "b"]], [["a\\", \\"b"]])', 2],
    ["convert([12345678901, 12345678902, 12345678901], set(number))", 2],
    ["setintersection([{ a = 12345678901 }], [{ a = 12345678902 }])", 0],
  ])("%s has %i", (expression, count) => {
    expect(result(`length(${expression})`)).toBe(`${count}`);
  });

  it.each([
    ["setunion([[12345678902]], [[12345678901]])", "[12345678902,12345678901]"],
    ["setunion([[2]], [[10]], [[1]])", "[10,1,2]"],
  ])("%s is walked in Packer's order", (expression, order) => {
    expect(result(`[for x in ${expression} : x[0]]`)).toBe(order);
  });

  it.each([
    [
      "true",
      "convert([[12345678901], [12345678902]], set(list(number))) == convert([[12345678902], [12345678901]], set(list(number)))",
    ],
    ["false", "convert([[12345678901]], set(list(number))) == convert([[12345678902]], set(list(number)))"],
  ])("%s is whether %s", (isEqual, expression) => {
    expect(result(expression)).toBe(isEqual);
  });
});
