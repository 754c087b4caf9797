/** A part of a pattern: a wildcard, or a character that stands for itself. */
interface Token {
  readonly kind: "star" | "any" | "literal";
  readonly text: string;
  /** It is the first of a name, where a wildcard stands for no dot. */
  readonly isFirst: boolean;
}

const PIECES = /\[!?\]?(?:\[:\w+:\]|[^\]])*\]|\*+|./gsu;

/**
 * Whether a path is what a shell pattern may stand for: as many folders, dots at the beginning only where the pattern has
 * them. A bracket expression counts as any one character, which is enough to know an answer that nobody asked for.
 *
 * An image answers what it likes, so this takes no longer than pattern and path together say: where a later star can take up the
 * rest, an earlier one is never tried again.
 * @see POSIX Shell Command Language, 2.13
 */
export function isAnswerTo(pattern: string, path: string): boolean {
  const tokens = tokensOf(pattern);
  const characters = [...path];
  let star: { readonly token: number; end: number } | undefined;
  let at = 0;
  let index = 0;
  while (at < characters.length || index < tokens.length) {
    const token = tokens[index];
    const character = characters[at];
    if (token?.kind === "star" && !(token.isFirst && character === ".")) {
      star = { token: index, end: at };
      index++;
      continue;
    }
    if (token !== undefined && token.kind !== "star" && character !== undefined && isMatch(token, character)) {
      index++;
      at++;
      continue;
    }
    // The last star takes one more, unless that is another folder.
    const next = star === undefined ? undefined : characters[star.end];
    if (star === undefined || next === undefined || next === "/") return false;
    star.end++;
    at = star.end;
    index = star.token + 1;
  }
  return true;
}

function tokensOf(pattern: string): readonly Token[] {
  return [...pattern.matchAll(PIECES)].map(([text], index, all) => {
    const isFirst = index === 0 || all[index - 1]?.[0] === "/";
    if (text.startsWith("*")) return { kind: "star", text, isFirst };
    return { kind: /^[?[]/.test(text) ? "any" : "literal", text, isFirst };
  });
}

function isMatch({ kind, text, isFirst }: Token, character: string): boolean {
  if (kind === "literal") return text === character;
  return character !== "/" && !(isFirst && character === ".");
}
