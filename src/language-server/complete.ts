import {
  type CompletionItem,
  CompletionItemKind,
  InsertTextFormat,
  type MarkupContent,
  MarkupKind,
  type Range,
} from "vscode-languageserver/node";
import { blockDocAt, DATA_SOURCES, labelsOf, namesOf, OMI_ATTRIBUTES } from "./block-doc.ts";
import { type Cursor, cursorAt, type Place } from "./cursor.ts";
import { functionHelp } from "./documented.ts";
import { describeSymbol, functionText, optionText } from "./help-text.ts";
import type { OptionDoc } from "./known-blocks.ts";
import { declarationsOf, type Knowledge } from "./lookup.ts";
import { attributeNamed } from "./symbols.ts";
import type { TextFile } from "./text-file.ts";

/** What may be written at an offset. JSON has a schema for that, which editors know to use. */
export function complete(knowledge: Knowledge, file: TextFile, offset: number): CompletionItem[] {
  if (file.isJson) return [];
  if (file.kind === "variables") return completeValues(knowledge, file, offset);
  const cursor = cursorAt(file.text, offset);
  const candidates = candidatesAt(knowledge, file, cursor);
  const range = file.rangeOf(cursor.word);
  return candidates.map((candidate) => itemOf(candidate, range));
}

interface Candidate {
  readonly label: string;
  readonly kind: CompletionItemKind;
  readonly detail?: string | undefined;
  readonly about?: string | undefined;
  /** What is inserted, when it is not the label; `$1` and so on are where the cursor goes. */
  readonly snippet?: string;
}

function itemOf({ label, kind, detail, about, snippet }: Candidate, range: Range): CompletionItem {
  const documentation: MarkupContent | undefined = about ? { kind: MarkupKind.Markdown, value: about } : undefined;
  return {
    label,
    kind,
    ...(detail && { detail }),
    ...(documentation && { documentation }),
    insertTextFormat: snippet === undefined ? InsertTextFormat.PlainText : InsertTextFormat.Snippet,
    textEdit: { range, newText: snippet ?? label },
  };
}

function candidatesAt(knowledge: Knowledge, file: TextFile, cursor: Cursor): readonly Candidate[] {
  const { place, blocks } = cursor;
  switch (place.kind) {
    case "name":
      return optionCandidates(file, cursor);
    case "label":
      return labelCandidates(knowledge, place, cursor);
    case "expression":
      return place.path.length === 0
        ? [...valueCandidates(cursor, place.option), ...rootCandidates(blocks.map(({ type }) => type))]
        : pathCandidates(knowledge, place.path);
    case "text":
      return textCandidates(knowledge, cursor, place.option);
    default:
      return [];
  }
}

/** Options and blocks that are not there yet; a block may be there again. */
function optionCandidates(file: TextFile, { blocks, word }: Cursor): readonly Candidate[] {
  const doc = blockDocAt(blocks);
  if (!doc) return [];
  const given = attributesAround(file, word.start);
  return [...doc.values()].filter(({ name }) => !given.has(name)).map(optionCandidate);
}

function optionCandidate(doc: OptionDoc): Candidate {
  const { name, kind, type } = doc;
  const common = { label: name, about: optionText(doc), detail: doc.isRequired ? `${type}, required` : type };
  if (kind === "argument")
    return { ...common, kind: CompletionItemKind.Property, snippet: `${name} = ${valueSnippet(type)}` };
  const labels = (doc.labels ?? []).map((label, index) => ` "\${${index + 1}:${label}}"`).join("");
  return { ...common, kind: CompletionItemKind.Class, snippet: `${name}${labels} {\n\t$0\n}` };
}

/** What the value of an argument of a type begins with. */
function valueSnippet(type: string): string {
  if (type === "text" || type === "duration") return '"$1"';
  if (type.startsWith("list of ")) return "[$1]";
  return type.startsWith("map of ") ? "{\n\t$1\n}" : "$1";
}

/** The arguments of the body around an offset, as far as it could be read; the one that is being written does not count. */
function attributesAround(file: TextFile, offset: number): ReadonlySet<string> {
  let body = file.body;
  for (;;) {
    const inner = body.blocks.find(
      ({ headerSpan, body: each }) => headerSpan.end < offset && offset < each.endSpan.end,
    );
    if (!inner) break;
    body = inner.body;
  }
  return new Set(body.attributes.filter(({ nameSpan }) => nameSpan.start !== offset).map(({ name }) => name));
}

function labelCandidates(
  knowledge: Knowledge,
  place: Extract<Place, { kind: "label" }>,
  { blocks }: Cursor,
): readonly Candidate[] {
  const { step, isQuoted } = place;
  const isReference = step.type === "source" && blocks.length > 0;
  const names = isReference && step.labels.length === 0 ? sourceAddresses(knowledge) : labelsOf(step, blocks);
  return names.map((label) => {
    return { label, kind: CompletionItemKind.EnumMember, ...(!isQuoted && { snippet: `"${label}"` }) };
  });
}

function sourceAddresses(knowledge: Knowledge): readonly string[] {
  return declarationsOf(knowledge).flatMap(({ item }) => (item.address.startsWith("source.") ? [item.address] : []));
}

/** The few values that an option may have. */
function valueCandidates({ blocks }: Cursor, option: string): readonly Candidate[] {
  const values = blockDocAt(blocks)?.get(option)?.values ?? [];
  return values.map((label) => ({ label, kind: CompletionItemKind.Value }));
}

/** Names and functions that an expression may begin with. */
function rootCandidates(blocks: readonly string[]): readonly Candidate[] {
  const isComponent = blocks.some((type) => /provisioner|post-processor/.test(type));
  const roots = blocks[0] === "variable" ? [] : ["var", "local", "data", "path", "packer"];
  const late = blocks[0] === "build" || blocks[0] === "source" ? ["source"] : [];
  const all = [...roots, ...late, ...(isComponent ? ["build"] : [])];
  const functions = Object.entries(functionHelp).map(([name, help]) => {
    const snippet = help.signatures.every((call) => call.endsWith("()")) ? `${name}()` : `${name}($1)`;
    const detail = help.signatures[0];
    return { label: name, kind: CompletionItemKind.Function, detail, about: functionText(name), snippet };
  });
  return [...all.map((label) => ({ label, kind: CompletionItemKind.Module })), ...functions];
}

/** What may follow `var.` and the like. */
function pathCandidates(knowledge: Knowledge, [root = "", ...rest]: readonly string[]): readonly Candidate[] {
  const fixed = namesOf[root];
  if (fixed) return rest.length === 0 ? fixed.map((label) => ({ label, kind: CompletionItemKind.Field })) : [];
  const found = declarationsOf(knowledge);
  const prefix = [root, ...rest].join(".");
  if (root === "data" && rest.length === 0) {
    return DATA_SOURCES.map((label) => ({ label, kind: CompletionItemKind.Class }));
  }
  if (root === "data" && rest.length === 2) {
    const names = rest[0] === "outscale-omi" ? OMI_ATTRIBUTES : ["input", "output"];
    return names.map((label) => ({ label, kind: CompletionItemKind.Field }));
  }
  const children = found.filter(({ item }) => item.address === `${prefix}.${item.name}`);
  return children.map(({ item }) => {
    const about = describeSymbol(knowledge, item.address);
    return { label: item.name, kind: CompletionItemKind.Variable, about };
  });
}

/** In quotes: sources where they are named, and the values of an option without their quotes. */
function textCandidates(knowledge: Knowledge, cursor: Cursor, option: string): readonly Candidate[] {
  const inBuild = cursor.blocks[0]?.type === "build";
  if (inBuild && option === "sources") return sourceAddresses(knowledge).map(asMember);
  if (inBuild && (option === "only" || option === "except")) {
    return sourceAddresses(knowledge).map((address) => asMember(address.replace(/^source\./, "")));
  }
  return valueCandidates(cursor, option).flatMap(({ label }) =>
    label.startsWith('"') ? [asMember(label.slice(1, -1))] : [],
  );
}

function asMember(label: string): Candidate {
  return { label, kind: CompletionItemKind.EnumMember };
}

/** In a file of values: the variables that it does not set yet. */
function completeValues(knowledge: Knowledge, file: TextFile, offset: number): CompletionItem[] {
  const cursor = cursorAt(file.text, offset);
  if (cursor.place.kind !== "name" || cursor.blocks.length > 0) return [];
  const range = file.rangeOf(cursor.word);
  const unset = declarationsOf(knowledge).filter(
    ({ item }) => item.address.startsWith("var.") && !attributeNamed(file.body, item.name),
  );
  return unset.map(({ item }) => {
    const about = describeSymbol(knowledge, item.address);
    return itemOf({ label: item.name, kind: CompletionItemKind.Variable, about, snippet: `${item.name} = $1` }, range);
  });
}
