import type { YamlText } from "./text.ts";

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["0", "\0"],
  ["a", "\x07"],
  ["b", "\b"],
  ["t", "\t"],
  ["\t", "\t"],
  ["n", "\n"],
  ["v", "\v"],
  ["f", "\f"],
  ["r", "\r"],
  ["e", "\x1b"],
  [" ", " "],
  ['"', '"'],
  ["'", "'"],
  ["\\", "\\"],
  ["N", "\x85"],
  ["_", "\xa0"],
  ["L", "\u2028"],
  ["P", "\u2029"],
]);
const ESCAPE_DIGITS: ReadonlyMap<string, number> = new Map([
  ["x", 2],
  ["u", 4],
  ["U", 8],
]);
const FLOW_INDICATORS = ",?[]{}";

/** The text between quotes, from the opening one on. */
export function scanQuoted(text: YamlText, quote: "'" | '"'): string {
  const start = text.mark;
  text.skip();
  let found = "";
  for (;;) {
    if (text.isDocumentMark("---") || text.isDocumentMark("..."))
      text.fail("a quoted text goes on after the end of the document", start);
    if (text.isEnd()) text.fail("a quoted text has no closing quote", start);
    const word = scanQuotedWord(text, quote);
    found += word.text;
    if (text.peek() === quote) break;
    found += scanGap(text, word.isLineContinued);
  }
  text.skip();
  return found;
}

/** What comes before the next space, line break or closing quote. */
function scanQuotedWord(
  text: YamlText,
  quote: "'" | '"',
): { readonly text: string; readonly isLineContinued: boolean } {
  let found = "";
  while (!text.isSpace()) {
    if (quote === "'" && text.startsWith("''")) {
      found += "'";
      text.skip(2);
    } else if (text.peek() === quote) break;
    else if (quote === '"' && text.peek() === "\\") {
      if (text.isBreak(1)) {
        text.skip();
        text.readBreak();
        return { text: found, isLineContinued: true };
      }
      found += scanEscape(text);
    } else found += text.read();
  }
  return { text: found, isLineContinued: false };
}

function scanEscape(text: YamlText): string {
  const letter = text.peek(1);
  const simple = ESCAPES.get(letter);
  const digits = ESCAPE_DIGITS.get(letter);
  if (simple === undefined && digits === undefined) return text.fail("unknown escape in a quoted text");
  text.skip(2);
  return simple ?? scanCodePoint(text, digits ?? 0);
}

function scanCodePoint(text: YamlText, digits: number): string {
  const hex = Array.from({ length: digits }, (_, index) => text.peek(index)).join("");
  if (hex.length !== digits || !/^[\da-fA-F]+$/.test(hex)) text.fail(`an escape needs ${digits} hexadecimal digits`);
  const code = Number.parseInt(hex, 16);
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) text.fail("an escape stands for no character");
  text.skip(digits);
  return String.fromCodePoint(code);
}

/** The spaces and line breaks between two words of a quoted text, as they are folded. */
function scanGap(text: YamlText, isLineContinued: boolean): string {
  const blanks = isLineContinued ? "" : text.readWhile(() => text.isBlank());
  if (isLineContinued) text.skipBlanks();
  // Behind a backslash at a line's end, the first further line break is one of several already.
  const first = !isLineContinued && text.isBreak() ? text.readBreak() : "";
  if (!isLineContinued && first === "") return blanks;
  return foldBreaks(first, scanBreaks(text));
}

/** Empty lines, with the blanks in them and before what comes after them. */
function scanBreaks(text: YamlText): string {
  let breaks = "";
  for (;;) {
    text.skipBlanks();
    if (!text.isBreak()) return breaks;
    breaks += text.readBreak();
  }
}

/** One line feed is a space; of several, the first says nothing. */
function foldBreaks(first: string, others: string): string {
  if (first !== "\n") return first + others;
  return others === "" ? " " : others;
}

/** A text without quotes. */
export interface PlainText {
  readonly text: string;
  /** It ended at a line's end. */
  readonly isAtLineStart: boolean;
}

/** @param indent How far in its further lines must be */
export function scanPlain(text: YamlText, isInFlow: boolean, indent: number): PlainText {
  const start = text.mark;
  let found = "";
  let gap = "";
  let isAtLineStart = false;
  while (!text.isDocumentMark("---") && !text.isDocumentMark("...") && text.peek() !== "#") {
    const word = text.readWhile(() => !text.isSpace() && !isEndOfPlain(text, isInFlow));
    if (word !== "") {
      found += gap + word;
      gap = "";
      isAtLineStart = false;
    }
    if (!text.isBlank() && !text.isBreak()) break;
    const blanks = text.readWhile(() => text.isBlank());
    if (text.isBreak()) {
      isAtLineStart = true;
      gap = foldBreaks(text.readBreak(), scanPlainBreaks(text, indent, start));
    } else gap += blanks;
    if (!isInFlow && text.column < indent) break;
  }
  return { text: found, isAtLineStart };
}

function isEndOfPlain(text: YamlText, isInFlow: boolean): boolean {
  const character = text.peek();
  return (character === ":" && text.isSpace(1)) || (isInFlow && FLOW_INDICATORS.includes(character));
}

function scanPlainBreaks(text: YamlText, indent: number, start: { readonly line: number }): string {
  let breaks = "";
  for (;;) {
    while (text.isBlank()) {
      if (text.column < indent && text.peek() === "\t")
        text.fail("a tab stands where spaces must indent a text", start);
      text.skip();
    }
    if (!text.isBreak()) return breaks;
    breaks += text.readBreak();
  }
}

/**
 * The text behind `|` or `>`, from that sign on.
 * @param parentIndent That of the collection that it is in, -1 for none
 */
export function scanBlock(text: YamlText, parentIndent: number): string {
  const isLiteral = text.read() === "|";
  const header = scanBlockHeader(text);
  const given = header.indent === undefined ? undefined : Math.max(parentIndent, 0) + header.indent;
  const start = scanBlockBreaks(text, given, parentIndent);
  const { indent } = start;
  let empty = start.breaks;
  let lineEnd = "";
  let found = "";
  let wasIndented = false;
  while (text.column === indent && !text.isEnd()) {
    const isIndented = text.isBlank();
    const isFolded = !isLiteral && lineEnd === "\n" && !wasIndented && !isIndented;
    if (isFolded) found += empty === "" ? " " : "";
    else found += lineEnd;
    found += empty;
    wasIndented = isIndented;
    found += text.readWhile(() => !text.isBreakOrEnd());
    lineEnd = text.isBreak() ? text.readBreak() : "";
    empty = scanBlockBreaks(text, indent, parentIndent).breaks;
  }
  if (header.chomping !== "-") found += lineEnd;
  return header.chomping === "+" ? found + empty : found;
}

interface BlockHeader {
  readonly chomping: "+" | "-" | undefined;
  readonly indent: number | undefined;
}

/** `+` or `-`, and a digit, in either order; then nothing but a comment. */
function scanBlockHeader(text: YamlText): BlockHeader {
  const start = text.mark;
  const takeChomping = (): BlockHeader["chomping"] =>
    text.peek() === "+" ? "+" : text.peek() === "-" ? "-" : undefined;
  let chomping = takeChomping();
  if (chomping) text.skip();
  const indent = /^\d$/.test(text.peek()) ? Number(text.read()) : undefined;
  if (indent === 0) text.fail("the indentation of a block of text cannot be 0", start);
  if (!chomping && indent !== undefined) {
    chomping = takeChomping();
    if (chomping) text.skip();
  }
  text.skipBlanks();
  text.skipComment();
  if (!text.isBreakOrEnd()) text.fail('a "|" or ">" must be the last of its line', start);
  if (text.isBreak()) text.readBreak();
  return { chomping, indent };
}

/** Empty lines of a block, and its indentation: that of its first line with text, unless it is given. */
function scanBlockBreaks(text: YamlText, given: number | undefined, parentIndent: number) {
  let breaks = "";
  let deepest = 0;
  for (;;) {
    const isBefore = () => given === undefined || text.column < given;
    while (isBefore() && text.peek() === " ") text.skip();
    deepest = Math.max(deepest, text.column);
    if (isBefore() && text.peek() === "\t") text.fail("a tab stands where spaces must indent a block of text");
    if (!text.isBreak()) break;
    breaks += text.readBreak();
  }
  return { breaks, indent: given ?? Math.max(deepest, parentIndent + 1, 1) };
}
