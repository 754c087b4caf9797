/** Made when a text first needs it, as its tables take their time. */
let segmenter: Intl.Segmenter | undefined;

/** UTF-16 units that the segmenter sees at once: its time grows with the square of them. */
const PIECE = 256;
/** Of these, each is a character, but the last, which may go on. */
const PLAIN_ASCII = /[\x00-\x0c\x0e-\x7f]+/y;

/** What a reader takes for the characters of a text: `e` with an accent is one, a family emoji too. */
export function graphemes(text: string): string[] {
  const found: string[] = [];
  let start = 0;
  for (const end of graphemeEnds(text)) {
    found.push(text.slice(start, end));
    start = end;
  }
  return found;
}

/** How many characters a reader sees. */
export function countGraphemes(text: string): number {
  return walk(text, Number.POSITIVE_INFINITY).count;
}

/** How long the first so many characters of a text are; all of it where it has fewer. */
export function lengthOfGraphemes(text: string, count: number): number {
  return walk(text, count).end;
}

/** Goes so many characters far, or to the end. @returns where that is, and how many there were */
function walk(text: string, most: number): { readonly end: number; readonly count: number } {
  let [end, count] = [0, 0];
  while (end < text.length && count < most) {
    const plain = Math.min(plainFrom(text, end), most - count);
    end += plain;
    count += plain;
    if (plain > 0) continue;
    const ends = endsInPiece(text, end);
    const taken = ends.slice(0, most - count);
    end = taken.at(-1) ?? text.length;
    count += taken.length;
  }
  return { end, count };
}

/** How many characters from there on are one unit each, and nothing can join them. */
function plainFrom(text: string, at: number): number {
  PLAIN_ASCII.lastIndex = at;
  const length = PLAIN_ASCII.exec(text)?.[0].length ?? 0;
  return at + length === text.length ? length : Math.max(0, length - 1);
}

/** Where each character ends; in time that grows with the text's length. */
function* graphemeEnds(text: string): Iterable<number> {
  let at = 0;
  while (at < text.length) {
    const ends = isAlone(text, at) ? [at + 1] : endsInPiece(text, at);
    yield* ends;
    at = ends.at(-1) ?? text.length;
  }
}

/** A plain letter before another one: nothing that could join them. */
function isAlone(text: string, at: number): boolean {
  const isAscii = (index: number) => !(text.charCodeAt(index) > 0x7f);
  return isAscii(at) && isAscii(at + 1) && text.charAt(at) !== "\r";
}

/** The ends of some characters from `at` on, one at least; whether the last one of a piece goes on behind it, nobody knows. */
function endsInPiece(text: string, at: number): readonly number[] {
  for (let size = PIECE; ; size *= 2) {
    const piece = text.slice(at, at + size);
    segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
    const ends = Array.from(segmenter.segment(piece), ({ segment, index }) => at + index + segment.length);
    if (at + size < text.length) ends.pop();
    if (ends.length > 0) return ends;
  }
}
