import fc from "fast-check";
import { expect, it } from "vitest";
import { TextSearch } from "./text-search.ts";

/** Every place that some text covers, looked for one text and one place at a time. */
function coveredPlaces(texts: readonly string[], text: string): readonly number[] {
  const long = texts.filter(({ length }) => length >= 4);
  return Array.from(text, (_, index) => index).filter((index) =>
    long.some((part) => [...part].some((_, offset) => offset <= index && text.startsWith(part, index - offset))),
  );
}

it("TextSearch.find() finds every place that a text covers, whatever texts begin with or overlap each other", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
  const input = fc.tuple(
    fc.array(word, { maxLength: 8 }),
    fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 60 }),
  );
  fc.assert(
    fc.property(input, ([texts, text]) => {
      const found = [...new TextSearch(texts).find(text)];
      const places = found.flatMap(({ start, end }) =>
        Array.from({ length: end - start }, (_, offset) => start + offset),
      );
      expect(places).toEqual(coveredPlaces(texts, text));
    }),
    { numRuns: 3_000 },
  );
});
