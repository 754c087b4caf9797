import { suggestName } from "../../common/suggest-name.ts";
import type { Diagnostics } from "../source/diagnostic.ts";
import { locationOf } from "../source/source-file.ts";
import { literalText } from "./literal-text.ts";
import type { Attribute, Block, Body, Expression, Label, ObjectItem } from "./syntax.ts";

/** What a body may hold. */
export interface BodySchema {
  readonly attributes?: readonly string[];
  readonly required?: readonly string[];
  /** Types of blocks, with what each of their labels names. */
  readonly blocks?: Readonly<Record<string, readonly string[]>>;
}

export interface BodyContent {
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Blocks of the schema, in the order of the text. */
  readonly blocks: readonly Block[];
  /** What the schema does not name. */
  readonly rest: Body;
}

/** The content of a body that must hold nothing else than its schema names. */
export function readBody(body: Body, schema: BodySchema, diagnostics: Diagnostics): BodyContent {
  const content = readBodyPartly(body, schema, diagnostics);
  const names = [...(schema.attributes ?? []), ...(schema.required ?? [])];
  const types = Object.keys(schema.blocks ?? {});
  for (const { name, nameSpan } of content.rest.attributes) {
    const advice = types.includes(name)
      ? ` Did you mean a block, "${name} { ... }"?`
      : suggestName(name, [...names, ...types]);
    diagnostics.error("Unsupported argument", `An argument named "${name}" is not expected here.${advice}`, nameSpan);
  }
  for (const { type, typeSpan } of content.rest.blocks) {
    const advice = names.includes(type) ? ` Did you mean an argument, "${type} = ..."?` : suggestName(type, types);
    diagnostics.error("Unsupported block type", `Blocks of type "${type}" are not expected here.${advice}`, typeSpan);
  }
  return content;
}

/** What a schema names of a body; what else there is stays in `rest`. */
export function readBodyPartly(body: Body, schema: BodySchema, diagnostics: Diagnostics): BodyContent {
  const names = new Set([...(schema.attributes ?? []), ...(schema.required ?? [])]);
  const labelsOf = new Map(Object.entries(schema.blocks ?? {}));
  const attributes = new Map(
    body.attributes.filter(({ name }) => names.has(name)).map((attribute) => [attribute.name, attribute]),
  );
  for (const attribute of attributes.values()) reportDuplicate(attribute, diagnostics);
  for (const name of schema.required ?? []) {
    if (attributes.has(name)) continue;
    diagnostics.error("Missing required argument", `The argument "${name}" is required, but not set.`, body.endSpan);
  }
  const isBlockProperty = ({ name }: Attribute) => body.isJson === true && labelsOf.has(name);
  const blocks = [
    ...body.blocks.filter((block) => checkLabels(block, labelsOf.get(block.type), diagnostics)),
    ...body.attributes.filter(isBlockProperty).flatMap((attribute) => {
      return unpackBlocks(attribute, labelsOf.get(attribute.name) ?? [], diagnostics);
    }),
  ];
  const rest = {
    ...body,
    attributes: body.attributes.filter((attribute) => !names.has(attribute.name) && !isBlockProperty(attribute)),
    blocks: body.blocks.filter(({ type }) => !labelsOf.has(type)),
  };
  return { attributes, blocks, rest };
}

/** A property that is given twice may be two blocks, but not two values of an argument. */
export function reportDuplicate({ name, nameSpan, firstSpan }: Attribute, diagnostics: Diagnostics): void {
  if (firstSpan === undefined) return;
  const { line } = locationOf(firstSpan);
  const detail = `The argument "${name}" was already set on line ${line}. Each argument may be set only once.`;
  diagnostics.error("Duplicate argument", detail, nameSpan);
}

function checkLabels(block: Block, names: readonly string[] | undefined, diagnostics: Diagnostics): boolean {
  if (names === undefined) return false;
  if (block.labels.length === names.length) return true;
  const wanted =
    names.length === 0 ? "no labels" : `${names.length} label${names.length === 1 ? "" : "s"} (${names.join(", ")})`;
  const isExtra = block.labels.length > names.length;
  const summary = isExtra
    ? `Extraneous label for ${block.type}`
    : `Missing ${names[block.labels.length]} for ${block.type}`;
  const span = isExtra ? block.labels[names.length]?.span : block.headerSpan;
  diagnostics.error(
    summary,
    `Blocks of type "${block.type}" have ${wanted}, and this one has ${block.labels.length}.`,
    span,
  );
  return false;
}

/** A property of JSON as blocks: an object for each label, and a list for several of the same labels. */
export function unpackBlocks(
  property: Attribute,
  labelNames: readonly string[],
  diagnostics: Diagnostics,
): readonly Block[] {
  const blocks: Block[] = [];
  const unpack = (value: Expression, labels: readonly Label[]): void => {
    const labelName = labelNames[labels.length];
    if (labelName !== undefined) {
      for (const [label, inner] of labelledParts(value, property.name, labelName, diagnostics))
        unpack(inner, [...labels, label]);
      return;
    }
    const bodies = value.kind === "tuple" ? value.elements : [value];
    for (const body of bodies.filter((candidate) => !isNull(candidate))) {
      const content = jsonBody(body, `the contents of "${property.name}" blocks`, diagnostics);
      blocks.push({
        type: property.name,
        typeSpan: property.nameSpan,
        labels,
        body: content,
        headerSpan: property.nameSpan,
      });
    }
  };
  unpack(property.value, []);
  return blocks;
}

function labelledParts(
  value: Expression,
  type: string,
  labelName: string,
  diagnostics: Diagnostics,
): readonly (readonly [Label, Expression])[] {
  const parts: (readonly [Label, Expression])[] = [];
  for (const item of objectItems(value, `the ${labelName} of "${type}" blocks`, diagnostics)) {
    const text = literalText(item.key);
    if (text !== undefined) parts.push([{ text, span: item.key.span }, item.value]);
  }
  return parts;
}

/** The body that a JSON object stands for; a list of objects counts as one body, as HCL's JSON syntax has it. */
export function jsonBody(value: Expression, what: string, diagnostics: Diagnostics): Body {
  const attributes = new Map<string, Attribute>();
  for (const { key, value: inner } of objectItems(value, what, diagnostics)) {
    const name = literalText(key);
    if (name === undefined || name === "//") continue;
    // A name that is given twice is one property with a list: so are several blocks of a type written.
    const earlier = attributes.get(name);
    const joined = earlier ? joinValues(earlier.value, inner) : inner;
    const span = { ...key.span, end: inner.span.end };
    attributes.set(name, {
      name,
      nameSpan: key.span,
      value: joined,
      span,
      ...(earlier && { firstSpan: earlier.nameSpan }),
    });
  }
  const endSpan = { ...value.span, start: Math.max(value.span.start, value.span.end - 1) };
  return { attributes: [...attributes.values()], blocks: [], endSpan, isJson: true };
}

function joinValues(first: Expression, second: Expression): Expression {
  const parts = (value: Expression) => (value.kind === "tuple" ? value.elements : [value]);
  return { kind: "tuple", span: first.span, elements: [...parts(first), ...parts(second)] };
}

function objectItems(value: Expression, what: string, diagnostics: Diagnostics): readonly ObjectItem[] {
  if (isNull(value)) return [];
  if (value.kind === "object") return value.items;
  if (value.kind === "tuple") return value.elements.flatMap((element) => objectItems(element, what, diagnostics));
  diagnostics.error("Incorrect JSON value type", `A JSON object is required here, with ${what}.`, value.span);
  return [];
}

function isNull(value: Expression): boolean {
  return value.kind === "literal" && value.value.isNull;
}

/** The arguments of a body that may have any, and no blocks. */
export function readAttributes(body: Body, diagnostics: Diagnostics): readonly Attribute[] {
  for (const { type, typeSpan } of body.blocks) {
    diagnostics.error(`Unexpected "${type}" block`, "Blocks are not allowed here.", typeSpan);
  }
  for (const attribute of body.attributes) reportDuplicate(attribute, diagnostics);
  return body.attributes;
}
