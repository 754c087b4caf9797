const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** What a reader takes for the characters of a text: `e` with an accent is one, a family emoji too. */
export function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
