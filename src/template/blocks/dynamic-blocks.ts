import { UNKNOWN_TEXT } from "../../definition/raw-value.ts";
import { involvedValues } from "../../hcl/evaluate/describe-value.ts";
import { evaluate } from "../../hcl/evaluate/evaluate.ts";
import { childVariableScope, type VariableScope } from "../../hcl/evaluate/variable-scope.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import { readBody } from "../../hcl/syntax/body-content.ts";
import { literalText } from "../../hcl/syntax/literal-text.ts";
import type { Block, Body, Expression, Label } from "../../hcl/syntax/syntax.ts";
import { ConversionError, convert } from "../../hcl/values/convert.ts";
import { stringType, typeName } from "../../hcl/values/type.ts";
import { numberValue, objectValue, stringValue, unknownValue, type Value } from "../../hcl/values/value.ts";
import { isIdentifier } from "./read-argument.ts";

/** A block with the names that its expressions can use; those of a `dynamic` block's content have the iterator. */
export interface ScopedBlock {
  readonly block: Block;
  readonly scope: VariableScope;
}

const SCHEMA = { attributes: ["iterator", "labels"], required: ["for_each"], blocks: { content: [] } };

/**
 * What becomes of a `dynamic` block whose `for_each` is not known: `refused`, as blocks that nobody sees would be missing;
 * left out until `later`, when it is read again; or taken `once`, to be described.
 */
export type UnknownBlocks = "refused" | "later" | "once";

/**
 * The blocks, with every `dynamic "type" { for_each, iterator, labels, content }` replaced by what it stands for.
 * @see hashicorp/hcl, ext/dynblock/README.md
 */
export function expandBlocks(
  blocks: readonly Block[],
  scope: VariableScope,
  diagnostics: Diagnostics,
  unknown: UnknownBlocks = "refused",
): readonly ScopedBlock[] {
  return blocks.flatMap((block) =>
    block.type === "dynamic" ? expandDynamic(block, scope, diagnostics, unknown) : [{ block, scope }],
  );
}

function expandDynamic(
  block: Block,
  scope: VariableScope,
  diagnostics: Diagnostics,
  unknown: UnknownBlocks,
): readonly ScopedBlock[] {
  const type = block.labels[0];
  if (!type || block.labels.length > 1) {
    const detail = 'It has one label, the type of the blocks: dynamic "tag" { ... }';
    diagnostics.error("Invalid dynamic block", detail, block.headerSpan);
    return [];
  }
  const { attributes, blocks } = readBody(block.body, SCHEMA, diagnostics);
  const body = readContent(blocks, block, diagnostics);
  const iterator = readIterator(attributes.get("iterator")?.value, type.text, diagnostics);
  const forEach = attributes.get("for_each")?.value;
  if (!body || !forEach || iterator === undefined) return [];
  return pairsOf(forEach, scope, diagnostics, unknown).map(([key, value]) => {
    const element = objectValue([
      ["key", key],
      ["value", value],
    ]);
    const within = childVariableScope(scope, [[iterator, element]]);
    const labels = readLabels(attributes.get("labels")?.value, within, diagnostics, unknown);
    const made = { type: type.text, typeSpan: type.span, labels, body, headerSpan: block.headerSpan };
    return { block: made, scope: within };
  });
}

function readContent(blocks: readonly Block[], block: Block, diagnostics: Diagnostics): Body | undefined {
  const [content, second] = blocks;
  if (content && !second) return content.body;
  const detail = 'A dynamic block has exactly one block "content", with what each block holds.';
  diagnostics.error("Invalid dynamic block", detail, (second ?? block).headerSpan);
  return undefined;
}

/** The name of the variable that holds `key` and `value`: that of the blocks, unless `iterator` gives another. */
function readIterator(expression: Expression | undefined, type: string, diagnostics: Diagnostics): string | undefined {
  if (!expression) return type;
  if (expression.kind === "variable") return expression.name;
  // JSON has no names without quotes.
  const text = expression.span.source.name.endsWith(".json") ? literalText(expression) : undefined;
  if (text !== undefined && isIdentifier(text)) return text;
  diagnostics.error(
    "Invalid dynamic iterator name",
    "The iterator is the name of a variable, without quotes.",
    expression.span,
  );
  return undefined;
}

function pairsOf(
  expression: Expression,
  scope: VariableScope,
  diagnostics: Diagnostics,
  unknown: UnknownBlocks,
): readonly (readonly [Value, Value])[] {
  const before = diagnostics.errorCount;
  const value = evaluate(expression, scope, diagnostics);
  if (diagnostics.errorCount > before) return [];
  if (!value.isKnown || (unknown === "refused" && !value.isWhollyKnown)) {
    const detail = "for_each decides how many blocks there are, so it must be known before a build begins.";
    if (unknown === "refused") diagnostics.unknown(detail, expression.span);
    return unknown === "once" ? [[unknownValue(), unknownValue()]] : [];
  }
  if (!value.isContainer) {
    const reason = value.isNull ? "It is null" : `A ${typeName(value.type)} has no elements`;
    const involved = involvedValues(expression, scope);
    diagnostics.error(
      "Invalid dynamic for_each value",
      `${reason}; a list, set, map or object is required.`,
      expression.span,
      involved,
    );
    return [];
  }
  const mark = (inner: Value) => (value.isSensitive ? inner.withSensitive() : inner);
  if (value.type.kind === "map" || value.type.kind === "object") {
    return [...value.asMap()].map(([key, inner]) => [stringValue(key), mark(inner)] as const);
  }
  const isSet = value.type.kind === "set";
  return value.elements().map((inner, index) => [isSet ? mark(inner) : numberValue(index), mark(inner)] as const);
}

function readLabels(
  expression: Expression | undefined,
  scope: VariableScope,
  diagnostics: Diagnostics,
  unknown: UnknownBlocks,
): readonly Label[] {
  if (!expression) return [];
  if (expression.kind !== "tuple") {
    diagnostics.error("Invalid dynamic block labels", "The labels are a list: labels = [tag.value].", expression.span);
    return [];
  }
  return expression.elements.flatMap((element) => {
    const value = evaluate(element, scope, diagnostics);
    try {
      const label = convert(value, stringType);
      if (!label.isKnown && unknown === "once") return [{ text: UNKNOWN_TEXT, span: element.span }];
      if (label.isKnown && !label.isNull && !label.isSensitive) return [{ text: label.asString(), span: element.span }];
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error;
    }
    diagnostics.error(
      "Invalid dynamic block label",
      "A label must be a known string, neither null nor sensitive.",
      element.span,
    );
    return [];
  });
}
