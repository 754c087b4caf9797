import type { YamlText } from "./text.ts";
import type { YamlToken } from "./token.ts";

const WORD = /[0-9A-Za-z_-]/;
const URI = /[0-9A-Za-z_;/?:@&=+$,.!~*'()[\]-]/;
/** What may follow a name without a space. */
const AFTER_NAME = "?:,]}%@`";
const LONGEST_VERSION_NUMBER = 2;

function readWord(text: YamlText): string {
  return text.readWhile(() => WORD.test(text.peek()));
}

/** `&name` or `*name` */
export function scanName(text: YamlText, type: "anchor" | "alias"): YamlToken {
  const { line } = text.mark;
  text.skip();
  const name = readWord(text);
  const isEnded = text.isSpace() || AFTER_NAME.includes(text.peek());
  if (name === "" || !isEnded) text.fail(`the name of an ${type} has letters and digits`);
  return { type, name, line };
}

/** `!local`, `!!str`, `!handle!suffix` or `!<uri>` */
export function scanTag(text: YamlText): YamlToken {
  const { line } = text.mark;
  const tag = text.peek(1) === "<" ? scanVerbatimTag(text) : scanShortTag(text);
  if (!text.isSpace()) text.fail("a space must follow a tag");
  return { type: "tag", ...tag, line };
}

function scanVerbatimTag(text: YamlText) {
  text.skip(2);
  const suffix = scanUri(text, "");
  if (text.peek() !== ">") text.fail('a tag in "!<" ends with ">"');
  text.skip();
  return { handle: "", suffix };
}

function scanShortTag(text: YamlText) {
  const start = scanHandle(text);
  if (start.length > 1 && start.endsWith("!")) return { handle: start, suffix: scanUri(text, "") };
  const suffix = scanUri(text, start);
  // A mark of exclamation alone is the whole tag.
  return suffix === "" ? { handle: "", suffix: "!" } : { handle: "!", suffix };
}

/** `!`, `!!` or `!word!`; without the second mark it is the beginning of a tag. */
function scanHandle(text: YamlText): string {
  if (text.peek() !== "!") text.fail('a tag begins with "!"');
  const handle = text.read() + readWord(text);
  return text.peek() === "!" ? handle + text.read() : handle;
}

/** @param start `!` and more, which the tag has begun with; empty when something must follow */
function scanUri(text: YamlText, start: string): string {
  let uri = start.slice(1);
  let isEmpty = start === "";
  for (;;) {
    if (text.peek() === "%") uri += scanUriEscape(text);
    else if (URI.test(text.peek())) uri += text.read();
    else break;
    isEmpty = false;
  }
  if (isEmpty) text.fail("a tag has no name");
  return uri;
}

/** One character in UTF-8, its bytes as `%20`. */
function scanUriEscape(text: YamlText): string {
  const bytes: number[] = [];
  const readByte = () => {
    const hex = text.peek(1) + text.peek(2);
    if (text.peek() !== "%" || !/^[\da-fA-F]{2}$/.test(hex)) text.fail('"%" in a tag needs two hexadecimal digits');
    text.skip(3);
    bytes.push(Number.parseInt(hex, 16));
  };
  readByte();
  const [first = 0] = bytes;
  const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  while (bytes.length < length) readByte();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));
  } catch {
    return text.fail('what "%" stands for in a tag is not UTF-8');
  }
}

/** `%YAML 1.1` or `%TAG ! prefix`, to the end of the line. */
export function scanDirective(text: YamlText): YamlToken {
  text.skip();
  const name = readWord(text);
  if (name === "" || !text.isSpace()) text.fail('the name of a directive must follow "%"');
  const token = name === "YAML" ? scanVersion(text) : name === "TAG" ? scanTagDirective(text) : undefined;
  if (!token) return text.fail(`there is no YAML directive "%${name}"`);
  text.skipBlanks();
  text.skipComment();
  if (!text.isBreakOrEnd()) text.fail("nothing but a comment may follow a directive");
  if (text.isBreak()) text.readBreak();
  return token;
}

function scanVersion(text: YamlText): YamlToken {
  const { line } = text.mark;
  text.skipBlanks();
  const major = scanVersionNumber(text);
  if (text.peek() !== ".") text.fail("a YAML version has two numbers with a point between them");
  text.skip();
  return { type: "version", version: `${major}.${scanVersionNumber(text)}`, line };
}

function scanVersionNumber(text: YamlText): number {
  const digits = text.readWhile(() => /\d/.test(text.peek()));
  if (digits === "" || digits.length > LONGEST_VERSION_NUMBER) text.fail("a YAML version has two short numbers");
  return Number(digits);
}

function scanTagDirective(text: YamlText): YamlToken {
  const { line } = text.mark;
  text.skipBlanks();
  const handle = scanHandle(text);
  if (!handle.endsWith("!")) text.fail('the handle of a tag ends with "!"');
  if (!text.isBlank()) text.fail("a space must follow the handle of a tag");
  text.skipBlanks();
  const prefix = scanUri(text, "");
  if (!text.isSpace()) text.fail("a space must follow the prefix of a tag");
  return { type: "tag-directive", handle, prefix, line };
}
