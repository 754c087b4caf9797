import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  rationalOf,
  roundToDecimal,
  shortestDecimal,
  toFixedText,
  toGeneralText,
  toScientificText,
} from "./decimal.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe("shortestDecimal()", () => {
  it("has the digits that read back as the number", () => {
    fc.assert(
      fc.property(finite, (number) => {
        const decimal = shortestDecimal(number);
        expect(Number(toGeneralText(decimal, undefined))).toBe(number);
        expect(Number(toScientificText(decimal, Math.max(0, decimal.digits.length - 1)))).toBe(number);
      }),
    );
  });
});

describe("roundToDecimal()", () => {
  it("keeps 17 digits that read back as the number", () => {
    fc.assert(
      fc.property(finite, (number) => {
        const decimal = roundToDecimal(rationalOf(number), { significant: 17 });
        expect(Number(toScientificText(decimal, 16))).toBe(number === 0 ? 0 : number);
      }),
    );
  });

  it("agrees with toFixed() where there is no tie", () => {
    const places = fc.integer({ min: 0, max: 20 });
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e15, noNaN: true }), places, (number, decimals) => {
        const scaled = rationalOf(number).numerator * 10n ** BigInt(decimals) * 2n;
        const isTie =
          scaled % rationalOf(number).denominator === 0n && (scaled / rationalOf(number).denominator) % 2n !== 0n;
        fc.pre(!isTie && number !== 0);
        const text = toFixedText(roundToDecimal(rationalOf(number), { decimals }), decimals);
        // A fraction that rounds to nothing has lost its sign.
        expect(Number(text) === 0 ? text : text).toBe(
          Number(text) === 0 ? text.replace("-", "") : number.toFixed(decimals),
        );
      }),
    );
  });

  it.each([
    [0.5, "0"],
    [1.5, "2"],
    [2.5, "2"],
    [-2.5, "-2"],
    [9.5, "10"],
  ])("rounds the tie %d to even", (number, text) => {
    expect(toFixedText(roundToDecimal(rationalOf(number), { decimals: 0 }), 0)).toBe(text);
  });

  it("carries into a new digit", () => {
    expect(toScientificText(roundToDecimal(rationalOf(9.996), { significant: 3 }), 2)).toBe("1.00e+01");
    expect(toFixedText(roundToDecimal(rationalOf(0.0996), { decimals: 3 }), 3)).toBe("0.100");
  });
});

describe("toGeneralText()", () => {
  it.each([
    [100000, undefined, "100000"],
    [1000000, undefined, "1e+06"],
    [0.0001, undefined, "0.0001"],
    [0.00001, undefined, "1e-05"],
    [123456789, undefined, "1.23456789e+08"],
    [0, undefined, "0"],
    [1234.5678, 3, "1.23e+03"],
    [1234.5678, 10, "1234.5678"],
    [100, 3, "100"],
    [1000, 3, "1e+03"],
  ])("%d with %s digits", (number, precision, text) => {
    const decimal =
      precision === undefined
        ? shortestDecimal(number)
        : roundToDecimal(rationalOf(number), { significant: precision });
    expect(toGeneralText(decimal, precision)).toBe(text);
  });
});
