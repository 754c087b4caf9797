import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countGraphemes, graphemes, lengthOfGraphemes } from "./graphemes.ts";

const parts = [
  "a",
  "1",
  " ",
  "\r",
  "\n",
  "\u0301",
  "é",
  "日",
  "👨‍👩‍👧",
  "🇫🇷",
  "\u0600",
  "각",
  "\u1100",
  "\u200d",
  "क",
  "\u094d",
];
const whole = (text: string) =>
  Array.from(new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text), ({ segment }) => segment);

describe("graphemes()", () => {
  it("gives what the segmenter gives for the whole text", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 400 }), (given) => {
        const text = given.join("");
        expect(graphemes(text)).toEqual(whole(text));
        expect(countGraphemes(text)).toBe(graphemes(text).length);
        for (const count of [0, 1, 7, given.length, Number.POSITIVE_INFINITY]) {
          expect(lengthOfGraphemes(text, count)).toBe(graphemes(text).slice(0, count).join("").length);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("has no longest character", () => {
    const long = `e${"\u0301".repeat(3000)}`;
    expect(graphemes(`${long}${long}`)).toEqual([long, long]);
  });

  it("counts megabytes", () => {
    expect(countGraphemes("x".repeat(4_000_000))).toBe(4_000_000);
    expect(countGraphemes("plain text, mostly: é\r\n".repeat(20_000))).toBe(22 * 20_000);
  });
});
