import { type DocumentSymbol, SymbolKind, type TextEdit } from "vscode-languageserver/node";
import { ownValue } from "../common/own-value.ts";
import { Diagnostics } from "../hcl/source/diagnostic.ts";
import { SourceFile, type Span, spanBetween } from "../hcl/source/source-file.ts";
import { formatHcl } from "../hcl/syntax/format.ts";
import { parseFile } from "../hcl/syntax/parse.ts";
import type { Attribute, Block } from "../hcl/syntax/syntax.ts";
import { withoutQuotes } from "./symbols.ts";
import type { TextFile } from "./text-file.ts";

const KINDS: Readonly<Record<string, SymbolKind>> = {
  variable: SymbolKind.Variable,
  local: SymbolKind.Constant,
  data: SymbolKind.Interface,
  source: SymbolKind.Class,
  build: SymbolKind.Module,
  provisioner: SymbolKind.Function,
  "post-processor": SymbolKind.Event,
};

/** What is in a file, as an outline: its blocks, those in builds, and the names of locals and variables. */
export function outlineOf(file: TextFile): DocumentSymbol[] {
  const { body } = file;
  const attributes = body.attributes.map((attribute) => attributeSymbol(attribute, file));
  return [...attributes, ...body.blocks.map((block) => blockSymbol(block, file))];
}

function blockSymbol(block: Block, file: TextFile): DocumentSymbol {
  const { type, labels, headerSpan, body } = block;
  const isList = type === "locals" || type === "variables";
  const children = [
    ...(isList ? body.attributes.map((attribute) => attributeSymbol(attribute, file)) : []),
    ...body.blocks.map((inner) => blockSymbol(inner, file)),
  ];
  return {
    name: [type, ...labels.map(({ text }) => text)].join(" ").trim() || "?",
    kind: ownValue(KINDS, type) ?? SymbolKind.Namespace,
    ...rangesOf(spanBetween(headerSpan, body.endSpan), headerSpan, file),
    children,
  };
}

function attributeSymbol({ name, span, nameSpan }: Attribute, file: TextFile): DocumentSymbol {
  return { name: name || "?", kind: SymbolKind.Field, ...rangesOf(span, withoutQuotes(nameSpan), file) };
}

function rangesOf(whole: Span, name: Span, file: TextFile): Pick<DocumentSymbol, "range" | "selectionRange"> {
  return { range: file.rangeOf(whole), selectionRange: file.rangeOf(name) };
}

/** The edit that lays a file out as `fmt` does; none for one that is broken, or in JSON. */
export function formatEdits(file: TextFile): TextEdit[] {
  if (file.isJson) return [];
  const diagnostics = new Diagnostics();
  parseFile(new SourceFile(file.path, file.text), diagnostics);
  if (diagnostics.hasErrors) return [];
  return changedLines(file, formatHcl(file.text));
}

/** Only spaces change, so that the lines stay as many: an edit for each keeps the cursor, folds and marks in place. */
function changedLines(file: TextFile, formatted: string): TextEdit[] {
  const [before, after] = [file.text.split("\n"), formatted.split("\n")];
  const edits: TextEdit[] = [];
  let start = 0;
  for (const [index, line] of before.entries()) {
    const newText = after[index] ?? "";
    if (newText !== line) edits.push({ range: file.rangeOf({ start, end: start + line.length }), newText });
    start += line.length + 1;
  }
  return edits;
}
