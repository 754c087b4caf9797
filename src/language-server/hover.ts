import { type Hover, MarkupKind } from "vscode-languageserver/node";
import { tokenize } from "../hcl/syntax/lexer.ts";
import { referencesOf } from "../hcl/syntax/references.ts";
import { blockDocAt } from "./block-doc.ts";
import { cursorAt } from "./cursor.ts";
import { describeSymbol, functionText, optionText } from "./help-text.ts";
import { type Knowledge, symbolAt } from "./lookup.ts";
import { expressionsOf } from "./symbols.ts";
import type { TextFile } from "./text-file.ts";

/** What there is to tell of the word at an offset: a name, an option, a block, a function. */
export function hover(knowledge: Knowledge, file: TextFile, offset: number): Hover | null {
  return symbolHover(knowledge, file, offset) ?? (file.isJson ? null : wordHover(file, offset));
}

function symbolHover(knowledge: Knowledge, file: TextFile, offset: number): Hover | undefined {
  const symbol = symbolAt(knowledge.workspace, file, offset) ?? wholeReference(knowledge, file, offset);
  const text = symbol && describeSymbol(knowledge, symbol.address);
  return symbol && text ? hoverOf(text, file, symbol.span) : undefined;
}

/** `var` of `var.region` stands for the whole. */
function wholeReference({ workspace }: Knowledge, file: TextFile, offset: number) {
  for (const expression of expressionsOf(file.body)) {
    if (offset < expression.span.start || offset > expression.span.end) continue;
    const found = [...referencesOf(expression)].find(({ span }) => span.start <= offset && offset <= span.end);
    const last = found?.pathSpans[found.root === "data" ? 1 : 0];
    if (found && last) return symbolAt(workspace, file, last.start);
  }
  return undefined;
}

function wordHover(file: TextFile, offset: number): Hover | null {
  const word = tokenize(file.text).find(
    ({ type, start, end }) => type === "identifier" && start <= offset && offset <= end,
  );
  if (!word) return null;
  const name = file.text.slice(word.start, word.end);
  // As if the word were being written: what comes before it tells what it is.
  const { place, blocks } = cursorAt(file.text, word.start);
  const text =
    place.kind === "name"
      ? optionHover(blocks, name)
      : place.kind === "expression" && place.path.length === 0
        ? functionText(name)
        : undefined;
  return text === undefined ? null : hoverOf(text, file, word);
}

function optionHover(blocks: Parameters<typeof blockDocAt>[0], name: string): string | undefined {
  const doc = blockDocAt(blocks)?.get(name);
  return doc && optionText(doc);
}

function hoverOf(value: string, file: TextFile, span: { readonly start: number; readonly end: number }): Hover {
  return { contents: { kind: MarkupKind.Markdown, value }, range: file.rangeOf(span) };
}
