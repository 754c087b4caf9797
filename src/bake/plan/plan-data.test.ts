import { expect, it } from "vitest";
import { toPlanData } from "./plan-data.ts";

it("toPlanData() leaves out what is undefined, and names what is not a number", () => {
  expect(toPlanData({ a: undefined, b: Number.NaN, c: [1, null, { d: "x" }] })).toEqual({
    b: "<as in the source OMI>",
    c: [1, null, { d: "x" }],
  });
});
