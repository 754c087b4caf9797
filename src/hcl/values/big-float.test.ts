import { describe, expect, it } from "vitest";
import { BigFloat, NumberError } from "./big-float.ts";

function number(text: string): BigFloat {
  const parsed = BigFloat.parse(text);
  if (!parsed) throw new Error(`${text} is not a number`);
  return parsed;
}

const THIRD = `0.${"3".repeat(154)}5`;

describe("BigFloat.parse()", () => {
  it.each([
    ["0", "0"],
    ["007", "7"],
    ["-12.50", "-12.5"],
    ["+5", "5"],
    [".5", "0.5"],
    ["5.", "5"],
    ["1e3", "1000"],
    ["1E-3", "0.001"],
    ["1p4", "16"],
    ["3p-1", "1.5"],
    ["Inf", "+Inf"],
    ["-inf", "-Inf"],
    ["0.1", "0.1"],
    ["1e-300", `0.${"0".repeat(299)}1`],
    ["123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"],
  ])("%s is %s", (text, expected) => {
    expect(number(text).toString()).toBe(expected);
  });

  it.each(["", "x", "1_000", "0x10", "1e", "1.2.3", "--1", "1 ", "infinity", "NaN", "."])("refuses %j", (text) => {
    expect(BigFloat.parse(text)).toBeUndefined();
  });

  it("refuses exponents that no memory can hold", () => {
    expect(() => BigFloat.parse("1e99999999999")).toThrow(NumberError);
    expect(() => number("1e600000").multiply(number("1e600000"))).toThrow(NumberError);
  });
});

describe("BigFloat arithmetic has 512 bits, rounded to nearest even, as Packer's has", () => {
  it.each([
    ["0.1 + 0.2", number("0.1").add(number("0.2")), "0.3"],
    ["1 / 3", number("1").divide(number("3")), THIRD],
    ["1 / 3 * 3", number("1").divide(number("3")).multiply(number("3")), "1"],
    ["1 / 10", number("1").divide(number("10")), "0.1"],
    ["2 - 3.5", number("2").subtract(number("3.5")), "-1.5"],
    ["5 - 5", number("5").subtract(number("5")), "0"],
    ["11 % 5", number("11").modulo(number("5")), "1"],
    ["-5.5 % 2", number("-5.5").modulo(number("2")), "-1.5"],
    ["7 % 0", number("7").modulo(number("0")), "7"],
    ["1e40 + 1", number("1e40").add(number("1")), `1${"0".repeat(39)}1`],
    ["1 / 0", number("1").divide(number("0")), "+Inf"],
    ["-1 / 0", number("-1").divide(number("0")), "-Inf"],
    ["1 / Inf", number("1").divide(number("Inf")), "0"],
    ["Inf + 1", number("Inf").add(number("1")), "+Inf"],
  ])("%s", (_, result, expected) => {
    expect(result.toString()).toBe(expected);
  });

  it("keeps the 64 bits of JavaScript's integers, and the 53 of its fractions", () => {
    expect(BigFloat.from(1).divide(BigFloat.from(3)).toString()).toBe("0.33333333333333333334");
    expect(BigFloat.from(0.1).toString()).toBe("0.1");
    expect(BigFloat.from(0.1).add(BigFloat.from(0.2)).toString()).toBe("0.30000000000000004");
    expect(BigFloat.from(2n ** 100n + 1n).toString()).toBe((2n ** 100n + 1n).toString());
  });

  it("has no value for zero by zero and the like", () => {
    const [zero, infinity] = [number("0"), number("Inf")];
    for (const compute of [
      () => zero.divide(zero),
      () => infinity.divide(infinity),
      () => infinity.subtract(infinity),
      () => infinity.multiply(zero),
      () => infinity.toBigInt(),
      () => BigFloat.from(Number.NaN),
    ]) {
      expect(compute).toThrow(NumberError);
    }
  });
});

describe("BigFloat", () => {
  it("compares", () => {
    const sorted = ["-Inf", "-2", "-0.5", "0", "0.1", "1", "1.5", "Inf"].map(number);
    for (const [index, left] of sorted.entries()) {
      for (const [other, right] of sorted.entries()) {
        expect(Math.sign(left.compare(right)) || 0, `${left} and ${right}`).toBe(Math.sign(index - other));
      }
    }
  });

  it("has a negative zero, which is equal to zero", () => {
    const [zero, negative] = [number("0"), number("-0")];
    expect(zero.equals(negative)).toBe(true);
    const results = {
      negated: zero.negate(),
      twice: zero.negate().negate(),
      sum: negative.add(zero),
      "sum of two": negative.add(negative),
      product: zero.multiply(number("-3")),
      quotient: number("-1").divide(number("Inf")),
      "by negative zero": number("1").divide(negative),
      remainder: negative.modulo(number("5")),
      size: negative.absolute(),
    };
    expect(Object.entries(results).map(([name, result]) => `${name}: ${result}`)).toEqual([
      "negated: -0",
      "twice: 0",
      "sum: 0",
      "sum of two: -0",
      "product: -0",
      "quotient: -0",
      "by negative zero: -Inf",
      "remainder: -0",
      "size: 0",
    ]);
  });

  it("has no remainder with infinity", () => {
    expect(() => number("5").modulo(number("Inf"))).toThrow(NumberError);
    expect(() => number("Inf").modulo(number("5"))).toThrow(NumberError);
  });

  it("becomes an integer by cutting off what is after the point", () => {
    expect(["2.9", "-2.9", "0.5", "1e20"].map((text) => number(text).toBigInt())).toEqual([2n, -2n, 0n, 10n ** 20n]);
    expect(["2", "2.5", "1e20", "Inf"].map((text) => number(text).isInteger)).toEqual([true, false, true, false]);
  });

  it("becomes the nearest number of JavaScript", () => {
    expect(["0.1", "1e400", "-3", "Inf", "9007199254740993"].map((text) => number(text).toNumber())).toEqual([
      0.1,
      Number.POSITIVE_INFINITY,
      -3,
      Number.POSITIVE_INFINITY,
      9007199254740992,
    ]);
  });

  it.each([
    ["0.1", "0.1"],
    ["1e10", "1e+10"],
    ["12345678901", "1.23456789e+10"],
    ["0.00001", "1e-05"],
    ["0.0001", "0.0001"],
    ["123456.789012345", "123456.789"],
    ["-9.99999999999", "-10"],
    ["100", "100"],
  ])("toShortString() of %s is %s", (text, expected) => {
    expect(number(text).toShortString()).toBe(expected);
  });
});
