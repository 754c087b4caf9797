const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
};

/** Characters that Go prints as they are: letters, marks, numbers, punctuation, symbols and the ASCII space. */
export function isPrintable(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);
}

/**
 * A Go string literal, as `%q` prints it.
 *
 * @param options.mark The quote: `"` for a string, `'` for a character
 */
export function quote(text: string, options: { readonly ascii?: boolean; readonly mark?: '"' | "'" } = {}): string {
  const mark = options.mark ?? '"';
  const body = [...text].map((character) => {
    if (character === mark) return `\\${mark}`;
    const named = NAMED_ESCAPES[character];
    if (named !== undefined) return named;
    const code = character.codePointAt(0) ?? 0;
    if (isPrintable(character) && !(options.ascii && code > 0x7f)) return character;
    return escapeCode(code);
  });
  return `${mark}${body.join("")}${mark}`;
}

function escapeCode(code: number): string {
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

const ESCAPE = /\\(?:[abfnrtv\\'"]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-7]{3})/y;
const UNESCAPED: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(NAMED_ESCAPES).map(([plain, escaped]) => [escaped, plain]),
);

/**
 * Reads a Go string literal with its quotes: `"a\tb"` or `` `raw` ``.
 *
 * @returns undefined when it is not a well-formed literal
 */
export function unquote(literal: string): string | undefined {
  const mark = literal[0];
  if (literal.length < 2 || literal.at(-1) !== mark) return undefined;
  if (mark === "`") return literal.slice(1, -1).replaceAll("\r", "");
  const characters = mark === '"' ? readCharacters(literal.slice(1, -1), mark) : undefined;
  return characters && Buffer.concat(characters.map(bytesOf)).toString();
}

/** Reads a Go character literal with its quotes, such as `'x'`: its code point, or undefined. */
export function unquoteCharacter(literal: string): number | undefined {
  if (literal.length < 3 || literal[0] !== "'" || literal.at(-1) !== "'") return undefined;
  const characters = readCharacters(literal.slice(1, -1), "'");
  return characters?.length === 1 ? characters[0]?.code : undefined;
}

/** A character of a literal; one written as a byte (`\xe2`) may be only a part of a real character. */
interface LiteralCharacter {
  readonly code: number;
  readonly isByte: boolean;
}

function bytesOf({ code, isByte }: LiteralCharacter): Buffer {
  return isByte ? Buffer.from([code]) : Buffer.from(String.fromCodePoint(code));
}

function readCharacters(body: string, mark: string): LiteralCharacter[] | undefined {
  const characters: LiteralCharacter[] = [];
  for (let at = 0; at < body.length; ) {
    const character = String.fromCodePoint(body.codePointAt(at) ?? 0);
    if (character === mark || character === "\n") return undefined;
    ESCAPE.lastIndex = at;
    const sequence = character === "\\" ? ESCAPE.exec(body)?.[0] : undefined;
    const read = sequence === undefined ? plainCharacter(character) : readEscape(sequence, mark);
    if (read === undefined) return undefined;
    characters.push(read);
    at += (sequence ?? character).length;
  }
  return characters;
}

function plainCharacter(character: string): LiteralCharacter | undefined {
  return character === "\\" ? undefined : { code: character.codePointAt(0) ?? 0, isByte: false };
}

function readEscape(sequence: string, mark: string): LiteralCharacter | undefined {
  const kind = sequence[1] ?? "";
  if (kind === '"' || kind === "'") return kind === mark ? plainCharacter(kind) : undefined;
  const plain = UNESCAPED[sequence];
  if (plain !== undefined) return { code: plain.charCodeAt(0), isByte: false };
  if (kind === "x") return { code: Number.parseInt(sequence.slice(2), 16), isByte: true };
  if (kind === "u" || kind === "U") {
    const code = Number.parseInt(sequence.slice(2), 16);
    const isScalar = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
    return isScalar ? { code, isByte: false } : undefined;
  }
  const octal = Number.parseInt(sequence.slice(1), 8);
  return octal <= 0xff ? { code: octal, isByte: true } : undefined;
}
