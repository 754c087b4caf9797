/**
 * Upper case letter by letter, as Go's `strings.ToUpper`: a letter never becomes several, so `ß` stays.
 *
 * @see Unicode Character Database, UnicodeData.txt, the simple case mappings
 */
export function toUpper(text: string): string {
  return mapCharacters(text, upperOf);
}

/** Lower case letter by letter, as Go's `strings.ToLower`: `Σ` gives `σ`, at the end of a word too. */
export function toLower(text: string): string {
  return mapCharacters(text, (character) => (character === "İ" ? "i" : single(character.toLowerCase(), character)));
}

/** Puts every letter that begins a word into title case, as Go's `strings.Title`. */
export function toTitle(text: string): string {
  let before = " ";
  return mapCharacters(text, (character) => {
    const begins = isSeparator(before);
    before = character;
    return begins ? titleOf(character) : character;
  });
}

function mapCharacters(text: string, change: (character: string) => string): string {
  return Array.from(text, change).join("");
}

function single(changed: string, original: string): string {
  return changed.length === 1 || [...changed].length === 1 ? changed : original;
}

/** Greek letters with an iota below have a capital of their own, which JavaScript writes as two letters. */
const GREEK_WITH_IOTA = /^[\u1f80-\u1f87\u1f90-\u1f97\u1fa0-\u1fa7\u1fb3\u1fc3\u1ff3]$/;

function upperOf(character: string): string {
  if (GREEK_WITH_IOTA.test(character)) {
    const code = character.charCodeAt(0);
    return String.fromCharCode(code + (code >= 0x1fb3 ? 9 : 8));
  }
  return single(character.toUpperCase(), character);
}

/** Title case is upper case but for the digraphs (`ǆ`, `ǅ`) and Georgian, which has none. */
const DIGRAPHS = /^[\u01c4-\u01cc\u01f1-\u01f3]$/;
const GEORGIAN = /^[\u10d0-\u10ff]$/;

function titleOf(character: string): string {
  if (GEORGIAN.test(character)) return character;
  if (!DIGRAPHS.test(character)) return upperOf(character);
  const code = character.charCodeAt(0);
  const first = code >= 0x1f1 ? 0x1f1 : 0x1c4;
  return String.fromCharCode(code - ((code - first) % 3) + 1);
}

/** What ends a word: in ASCII all but letters, digits and underscores, beyond it space only. */
function isSeparator(character: string): boolean {
  if (character <= "\u007f") return !/[A-Za-z0-9_]/.test(character);
  if (/[\p{L}\p{Nd}]/u.test(character)) return false;
  return /[\u0085\u00a0\p{Zs}\u2028\u2029]/u.test(character);
}
