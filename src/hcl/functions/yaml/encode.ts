import type { Value } from "../../values/value.ts";

/**
 * A value as a YAML document, laid out as Packer does: strings quoted, or as `|` blocks when they have lines.
 *
 * @see zclconf/go-cty-yaml, encode.go and emitterc.go, which decide on every space of this
 */
export function toYaml(value: Value): string {
  if (isPlain(value)) return `${plainText(value)}\n...\n`;
  return `${emitBlock(value, 0)}\n`.replaceAll(`${LINE_IS_OVER}\n`, "");
}

/** Behind a block of text that ends with a line separator of Unicode: no line feed is needed. */
const LINE_IS_OVER = "\0";

const INDENT = 2;
/** Quoted text goes on in a new line at the first space behind this column. */
const WIDTH = 80;
/** A longer key is written behind a `?`; in bytes. */
const LONGEST_SIMPLE_KEY = 128;

function pad(indent: number): string {
  return `\n${" ".repeat(indent)}`;
}

/** A node whose first line begins at column `indent`; its further lines bring their indentation along. */
function emitBlock(value: Value, indent: number): string {
  if (isFlat(value)) return emitFlat(value, { indent, column: indent });
  if (value.type.kind === "map" || value.type.kind === "object") {
    return [...value.asMap()].map(([key, item]) => emitEntry(key, item, indent)).join(pad(indent));
  }
  const items = value.elements().map((item) => {
    const place = { indent, column: indent + INDENT };
    return `- ${isFlat(item) ? emitFlat(item, place) : emitBlock(item, indent + INDENT)}`;
  });
  return items.join(pad(indent));
}

function emitEntry(key: string, value: Value, indent: number): string {
  const isSimple = !LINE_BREAK.test(key) && Buffer.byteLength(key) <= LONGEST_SIMPLE_KEY;
  if (!isSimple) {
    const place = { indent, column: indent + INDENT };
    const shown = isFlat(value) ? emitFlat(value, place) : emitBlock(value, indent + INDENT);
    return `? ${emitString(key, place)}${pad(indent)}: ${shown}`;
  }
  const start = `${quote(key)}:`;
  if (isFlat(value)) return `${start} ${emitFlat(value, { indent, column: indent + [...start].length + 1 })}`;
  const isMapping = value.type.kind === "map" || value.type.kind === "object";
  const inner = isMapping ? indent + INDENT : indent; // the dashes of a list stand below its key
  return `${start}${pad(inner)}${emitBlock(value, inner)}`;
}

/** What stands behind its key or dash: scalars and empty collections. */
function isFlat(value: Value): boolean {
  return !value.isContainer || value.elements().length === 0;
}

/** The indentation of the parent, and the column where the text begins. */
interface Place {
  readonly indent: number;
  readonly column: number;
}

function emitFlat(value: Value, place: Place): string {
  if (isPlain(value)) return plainText(value);
  if (value.type.kind === "string") return emitString(value.asString(), place);
  return value.type.kind === "map" || value.type.kind === "object" ? "{}" : "[]";
}

function isPlain(value: Value): boolean {
  return value.isNull || value.type.kind === "number" || value.type.kind === "bool";
}

function plainText(value: Value): string {
  if (value.isNull) return "null";
  if (value.type.kind === "bool") return String(value.asBool());
  return value.asNumber().toString();
}

const LINE_BREAK = /[\r\n\u0085\u2028\u2029]/;
/** YAML's printable characters, but for those outside the BMP, which Packer escapes. */
const UNPRINTABLE = /[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;

function emitString(text: string, place: Place): string {
  const hasSpaceAtLineEnd = / (?:[\n\u2028\u2029]|$)/.test(text);
  const isBlock = text.includes("\n") && !hasSpaceAtLineEnd && !UNPRINTABLE.test(text);
  return isBlock ? literalBlock(text, place.indent + INDENT) : fold(quote(text), text, place);
}

/** `|`, with a 2 when the indentation would not show, and a sign for how many line ends there are at the end. */
function literalBlock(text: string, indent: number): string {
  const hint = /^[ \n\u2028\u2029]/.test(text) ? String(INDENT) : "";
  const chomping = !/[\n\u2028\u2029]$/.test(text)
    ? "-"
    : /^[\n\u2028\u2029]$|[\n\u2028\u2029]{2}$/.test(text)
      ? "+"
      : "";
  const lines = text.match(/[^\n\u2028\u2029]+|[\n\u2028\u2029]/g) ?? [];
  const block = lines.map((part) => (LINE_BREAK.test(part) ? part : " ".repeat(indent) + part)).join("");
  const end = /[\u2028\u2029]$/.test(block) ? LINE_IS_OVER : "";
  return `|${hint}${chomping}\n${block.replace(/\n$/, "")}${end}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\0": "0",
  "\x07": "a",
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\v": "v",
  "\f": "f",
  "\r": "r",
  "\x1b": "e",
  '"': '"',
  "\\": "\\",
  "\x85": "N",
  "\xa0": "_",
  "\u2028": "L",
  "\u2029": "P",
};

function quote(text: string): string {
  // Packer takes every character of a text that begins with a byte order mark for one.
  const isMarked = text.startsWith("\ufeff");
  const escaped = [...text].map((character) => {
    const isPlainCharacter = !isMarked && !/["\\\n\u2028\u2029]/.test(character) && !UNPRINTABLE.test(character);
    return isPlainCharacter ? character : escapeCharacter(character);
  });
  return `"${escaped.join("")}"`;
}

function escapeCharacter(character: string): string {
  const named = ESCAPES[character];
  if (named !== undefined) return `\\${named}`;
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** Breaks quoted text at single spaces behind the width; a backslash keeps a second space. */
function fold(quoted: string, text: string, { indent, column }: Place): string {
  if (column + quoted.length <= WIDTH || !text.includes(" ")) return quoted;
  const characters = [...quoted];
  const lineStart = pad(indent + INDENT);
  let at = column;
  return characters
    .map((character, index) => {
      const isInside = index > 1 && index < characters.length - 2;
      const isBreak = character === " " && characters[index - 1] !== " " && at > WIDTH && isInside;
      if (!isBreak) {
        at++;
        return character;
      }
      const keepsSpace = characters[index + 1] === " ";
      at = lineStart.length - 1 + (keepsSpace ? 1 : 0);
      return keepsSpace ? `${lineStart}\\` : lineStart;
    })
    .join("");
}
