import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goPow } from "./pow.ts";

describe("goPow()", () => {
  it.each([
    [2, 10, 1024],
    [2, -1, 0.5],
    [10, -3, 0.001],
    [1.2345678901234568e29, -3, 5.314410143489074e-88],
    [1.1, 50, 117.39085287969571],
    [-2, 3, -8],
    [-2, 4, 16],
    [-8, 1 / 3, Number.NaN],
    [0, 0, 1],
    [0, -1, Number.POSITIVE_INFINITY],
    [10, 308, 1.0000000000000006e308],
    [10, 309, Number.POSITIVE_INFINITY],
    [2, -1074, 5e-324],
    [2, -1080, 0],
    [9, 0.5, 3],
    [4, -0.5, 0.5],
    [1, 1e300, 1],
    [1, Number.POSITIVE_INFINITY, 1],
    [-1, Number.POSITIVE_INFINITY, 1],
    [-1, Number.NEGATIVE_INFINITY, 1],
    [1.0000001, 1e9, 2.688103843211962e43],
    [7, 25, 1.341068619663965e21],
    [1.5, 1.5, 1.8371173070873836],
    [10, 1.5, 31.622776601683796],
    [0.5, -2.5, 5.65685424949238],
    [1 / 3, 1 / 3, 0.6933612743506347],
    [0.45999999999999996, 0.3, 0.7921863401692983],
    [1.2666666666666666, 0.75, 1.1939791870632486],
    [1e300, 0.3, 9.999999999999928e89],
    [1e-300, 0.7, 1.0000000000000213e-210],
  ])("%d to the power of %d is Go's %d", (base, power, result) => {
    expect(goPow(base, power)).toBe(result);
  });

  it("is exact for powers of two", () => {
    fc.assert(fc.property(fc.integer({ min: -1074, max: 1023 }), (power) => goPow(2, power) === 2 ** power));
  });
});
