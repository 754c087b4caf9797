import { type BlockLabels, BUILD_BLOCKS, TEMPLATE_BLOCKS } from "../definition/block-labels.ts";
import { Diagnostics } from "../hcl/source/diagnostic.ts";
import { type Span, spanBetween } from "../hcl/source/source-file.ts";
import { readBodyPartly } from "../hcl/syntax/body-content.ts";
import { literalText } from "../hcl/syntax/literal-text.ts";
import { type Reference, referencesOf } from "../hcl/syntax/references.ts";
import type { Attribute, Block, Body, Expression, Label } from "../hcl/syntax/syntax.ts";
import type { TextFile } from "./text-file.ts";

/** Something that a template gives a name. */
export interface Declaration {
  /** `var.region`, `local.tags`, `data.outscale-omi.base`, `source.outscale-chroot.web` */
  readonly address: string;
  readonly name: string;
  readonly nameSpan: Span;
  /** All of it, for an outline. */
  readonly span: Span;
  readonly block: Block | undefined;
}

/** A place that means something by its name. */
export interface Use {
  readonly address: string;
  readonly span: Span;
}

/** What a file declares and uses. */
export interface FileSymbols {
  readonly declarations: readonly Declaration[];
  readonly uses: readonly Use[];
  readonly builds: readonly Block[];
}

/** Reads the names of a file, in either syntax. What is broken in it is passed over. */
export function readSymbols({ body, kind }: TextFile): FileSymbols {
  if (kind === "variables") {
    const uses = body.attributes.map(({ name, nameSpan }) => ({
      address: `var.${name}`,
      span: withoutQuotes(nameSpan),
    }));
    return { declarations: [], uses, builds: [] };
  }
  const blocks = blocksOf(body, TEMPLATE_BLOCKS);
  const builds = blocks.filter(({ type }) => type === "build");
  const uses = [...expressionsOf(body)].flatMap((expression) => [...referencesOf(expression)].flatMap(useOf));
  return {
    declarations: blocks.flatMap(declarationsOf),
    uses: [...uses, ...builds.flatMap(sourceUses)].sort((a, b) => a.span.start - b.span.start),
    builds,
  };
}

function blocksOf(body: Body, blocks: BlockLabels): readonly Block[] {
  return readBodyPartly(body, { blocks }, new Diagnostics()).blocks;
}

function declarationsOf(block: Block): readonly Declaration[] {
  const last = block.labels.at(-1);
  const span = spanBetween(block.headerSpan, block.body.endSpan);
  const labelled = (prefix: string): readonly Declaration[] =>
    last
      ? [{ address: `${prefix}.${last.text}`, name: last.text, nameSpan: withoutQuotes(last.span), span, block }]
      : [];
  const listed = (prefix: string) =>
    block.body.attributes.map(({ name, nameSpan, span: whole }) => {
      return { address: `${prefix}.${name}`, name, nameSpan: withoutQuotes(nameSpan), span: whole, block: undefined };
    });
  switch (block.type) {
    case "variable":
      return labelled("var");
    case "variables":
      return listed("var");
    case "local":
      return labelled("local");
    case "locals":
      return listed("local");
    case "data":
    case "source":
      return labelled(`${block.type}.${block.labels[0]?.text ?? ""}`);
    default:
      return [];
  }
}

function useOf({ root, path, pathSpans }: Reference): readonly Use[] {
  const [first, second] = path;
  if ((root === "var" || root === "local") && first !== undefined && pathSpans[0]) {
    return [{ address: `${root}.${first}`, span: pathSpans[0] }];
  }
  if (root === "data" && second !== undefined && pathSpans[1]) {
    return [{ address: `data.${first}.${second}`, span: pathSpans[1] }];
  }
  return [];
}

/** What a build names of sources: in `sources`, in its `source` blocks, and in what is for some of them only. */
function sourceUses(build: Block): readonly Use[] {
  const blocks = blocksOf(build.body, BUILD_BLOCKS);
  const chains = blocks.filter(({ type }) => type === "post-processors");
  const components = [...blocks, ...chains.flatMap(({ body }) => blocksOf(body, BUILD_BLOCKS))];
  return [
    ...listOf(build.body, "sources").flatMap(({ text, span }) => sourceUse(text, span, 3)),
    ...blocks.filter(({ type }) => type === "source").flatMap(({ labels }) => labels.flatMap(labelUse)),
    ...components.flatMap(({ body }) =>
      ["only", "except"].flatMap((name) => listOf(body, name).flatMap(({ text, span }) => sourceUse(text, span, 2))),
    ),
  ];
}

function labelUse({ text, span }: Label): readonly Use[] {
  return sourceUse(text, span, 3);
}

/** @param parts How many parts the text has when it is written out: `source.type.name`, `type.name` */
function sourceUse(text: string, span: Span, parts: 2 | 3): readonly Use[] {
  const names = text.split(".");
  const [type, name] = names.slice(-2);
  const inside = withoutQuotes(span);
  // With an escape in it, the place of the name is not to be counted.
  if (type === undefined || name === undefined || names.length > parts || inside.end - inside.start !== text.length)
    return [];
  return [{ address: `source.${type}.${name}`, span: { ...inside, start: inside.end - name.length } }];
}

function listOf(body: Body, name: string): readonly { readonly text: string; readonly span: Span }[] {
  const value = body.attributes.find((attribute) => attribute.name === name)?.value;
  const elements = value?.kind === "tuple" ? value.elements : [];
  return elements.flatMap((element) => {
    const text = literalText(element);
    return text === undefined ? [] : [{ text, span: element.span }];
  });
}

/** A label in quotes and the name in them. */
export function withoutQuotes(span: Span): Span {
  const { source, start, end } = span;
  const isQuoted = end - start >= 2 && source.text[start] === '"' && source.text[end - 1] === '"';
  return isQuoted ? { source, start: start + 1, end: end - 1 } : span;
}

/** Every expression of a body and of the blocks in it. */
export function* expressionsOf(body: Body): Iterable<Expression> {
  for (const { value } of body.attributes) yield value;
  for (const block of body.blocks) yield* expressionsOf(block.body);
}

/** The argument of a name, if the body has it. */
export function attributeNamed(body: Body, name: string): Attribute | undefined {
  return body.attributes.find((attribute) => attribute.name === name);
}
