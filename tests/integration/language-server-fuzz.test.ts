import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Position, Range } from "vscode-languageserver-protocol";
import { LanguageClient } from "../support/language-server/language-client.ts";
import { Random } from "../support/suite/random.ts";

const EDITS = Number(process.env.OUTSCALE_CHROOT_FUZZ ?? 2_000);
const SEED = Number(process.env.OUTSCALE_CHROOT_SEED ?? 1);
/** What an editor asks while one types; each at a random place. */
const QUESTIONS = [
  "textDocument/completion",
  "textDocument/hover",
  "textDocument/definition",
  "textDocument/references",
  "textDocument/prepareRename",
  "textDocument/documentSymbol",
  "textDocument/formatting",
] as const;
const PIECES = [
  ...[
    '"',
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "${",
    "%{",
    "<<EOT\n",
    "EOT\n",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "=",
    ".",
    ",",
    "#",
    "/*",
    "*/",
    "//",
    "\\",
  ],
  ...[
    "var.",
    "local.",
    "data.",
    "source.",
    "build.",
    "a",
    "x-y",
    "0",
    "1e999999",
    "null",
    "for",
    "in",
    "if",
    "=>",
    "...",
    "*",
    "?",
    ":",
  ],
  ...[
    "\uFEFF",
    "é",
    "👩‍👩‍👧‍👦",
    "\uD83D",
    "\uDC69",
    "\u0000",
    "\u2028",
    "~",
    "!",
    "-",
    "dynamic",
    "content",
    "variable",
    'source "',
    "locals {",
  ],
  ...[
    "for_each = {}",
    "${var.region}",
    'tag {\n key = "a"\n}',
    'file("/dev/zero")',
    'bcrypt("a", 31)',
    "range(0, 1e9)",
    "((((((((",
    "{{ .Device }}",
  ],
] as const;

let client: LanguageClient;
let folder: string;
beforeAll(async () => {
  ({ client } = await LanguageClient.start());
  folder = mkdtempSync(join(tmpdir(), "language-server-fuzz-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await client[Symbol.asyncDispose]();
});

/** The text of a file, as the protocol counts it: lines end in any of three ways, columns are UTF-16 units. */
class Buffer {
  text: string;

  constructor(text: string) {
    this.text = text;
  }

  get lines(): readonly string[] {
    return this.text.split(/\r\n|\n|\r/);
  }

  positionAt(offset: number): Position {
    const before = this.text.slice(0, offset).split(/\r\n|\n|\r/);
    // Between the two characters of a line end there is no place.
    const isSplit = this.text[offset - 1] === "\r" && this.text[offset] === "\n";
    const line = before.length - 1 - Number(isSplit);
    return { line, character: before[line]?.length ?? 0 };
  }

  offsetAt({ line, character }: Position): number {
    const ends = [...this.text.matchAll(/\r\n|\n|\r/g)];
    const end = line === 0 ? 0 : (ends[line - 1]?.index ?? 0) + (ends[line - 1]?.[0].length ?? 0);
    return end + character;
  }

  /** A range of an answer must be one of the text. */
  holds({ start, end }: Range): boolean {
    const isPlace = ({ line, character }: Position) => {
      const length = this.lines[line]?.length;
      return length !== undefined && character >= 0 && character <= length;
    };
    return (
      isPlace(start) &&
      isPlace(end) &&
      (start.line < end.line || (start.line === end.line && start.character <= end.character))
    );
  }
}

/** Every range in an answer, but those in other files. */
function* rangesIn(answer: unknown, uri: string): Iterable<Range> {
  if (answer === null || typeof answer !== "object") return;
  if ("uri" in answer && answer.uri !== uri) return;
  if ("start" in answer && "end" in answer) yield answer as Range;
  else for (const value of Object.values(answer)) yield* rangesIn(value, uri);
}

it(`survives ${EDITS} random edits, and answers with places of the text`, async () => {
  const random = new Random(SEED);
  const original = readFileSync("examples/app-on-debian.pkr.hcl", "utf8");
  const buffer = new Buffer(original);
  const uri = await client.open(join(folder, "web.pkr.hcl"), original);
  for (let number = 1; number <= EDITS; number++) {
    if (number % 100 === 0) buffer.text = original;
    const from = random.below(buffer.text.length + 1);
    const to = random.below(3) === 0 ? Math.min(buffer.text.length, from + random.below(60)) : from;
    const range = { start: buffer.positionAt(from), end: buffer.positionAt(to) };
    const text = random.below(4) === 0 ? "" : random.pick(PIECES);
    if (number % 100 === 0) await client.change(uri, [{ text: buffer.text }]);
    await client.change(uri, [{ range, text }]);
    buffer.text =
      buffer.text.slice(0, buffer.offsetAt(range.start)) + text + buffer.text.slice(buffer.offsetAt(range.end));

    const question = random.pick(QUESTIONS);
    const position = buffer.positionAt(random.below(buffer.text.length + 1));
    const more = { context: { includeDeclaration: true }, options: { tabSize: 2, insertSpaces: true } };
    const answer = await client.ask(question, uri, position, more);
    for (const each of rangesIn(answer, uri)) expect(buffer.holds(each), `${question} after edit ${number}`).toBe(true);
    if (number % 25 !== 0) continue;
    for (const { range: each } of await client.diagnostics(uri))
      expect(buffer.holds(each), `edit ${number}`).toBe(true);
  }
  expect(client.logged).toEqual([]);
  expect(client.child.exitCode).toBeNull();
  await client.change(uri, [{ text: original }]);
  expect(await client.diagnostics(uri)).toEqual([]);
});
