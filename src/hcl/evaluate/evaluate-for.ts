import { Diagnostics } from "../source/diagnostic.ts";
import type { Expression, ForExpression } from "../syntax/syntax.ts";
import { boolType, stringType, typeName } from "../values/type.ts";
import {
  inheritMark,
  numberValue,
  objectValue,
  stringValue,
  tupleValue,
  unknownValue,
  type Value,
} from "../values/value.ts";
import type { Evaluator } from "./evaluate.ts";
import { childVariableScope } from "./variable-scope.ts";

/** What a run over the collection has found so far. */
interface Progress {
  readonly values: Value[];
  readonly groups: Map<string, Value[]>;
  /** Cleared as soon as something that decides about the result's shape is not known. */
  isKnown: boolean;
  isSensitive: boolean;
}

/** `[for ...]` and `{for ...}` */
export function evaluateFor(evaluator: Evaluator, expression: ForExpression): Value {
  const collection = evaluator.evaluate(expression.collection);
  const mark = (result: Value) => (collection.isSensitive ? result.withSensitive() : result);
  if (!isIterable(evaluator, expression, collection)) return unknownValue();
  if (collection.type.kind === "dynamic") return mark(unknownValue());
  if (isConditionHopeless(evaluator, expression) || !collection.isKnown) return mark(unknownValue());
  const progress: Progress = { values: [], groups: new Map(), isKnown: true, isSensitive: false };
  for (const [key, value] of pairsOf(collection)) iterate(evaluator, expression, progress, key, value);
  const result = progress.isKnown ? finish(expression, progress) : unknownValue();
  return mark(progress.isSensitive ? result.withSensitive() : result);
}

function isIterable(evaluator: Evaluator, { collection }: ForExpression, value: Value): boolean {
  if (value.isNull) {
    evaluator.report("Iteration over null value", "A null value has no elements for a 'for' expression.", collection);
    return false;
  }
  if (!["string", "number", "bool"].includes(value.type.kind)) return true;
  evaluator.report("Iteration over non-iterable value", `A ${typeName(value.type)} has no elements.`, collection);
  return false;
}

/** Whether the condition fails for every element, whatever it is; then it is reported once, and for none of them. */
function isConditionHopeless(evaluator: Evaluator, expression: ForExpression): boolean {
  if (!expression.condition) return false;
  const scope = childVariableScope(evaluator.scope, bindings(expression, unknownValue(), unknownValue()));
  const progress: Progress = { values: [], groups: new Map(), isKnown: true, isSensitive: false };
  const before = evaluator.diagnostics.errorCount;
  isIncluded(evaluator.with({ scope }), expression, progress);
  return evaluator.diagnostics.errorCount > before;
}

/** Keys and values; those of a sensitive collection are sensitive, as messages about them may show them. */
function* pairsOf(collection: Value): Iterable<readonly [Value, Value]> {
  const { kind } = collection.type;
  const mark = (value: Value) => inheritMark(value, [collection]);
  if (kind === "map" || kind === "object") {
    for (const [key, value] of collection.asMap()) yield [mark(stringValue(key)), mark(value)];
    return;
  }
  let index = 0;
  // An element of a set is its own key.
  for (const value of collection.elements()) yield [kind === "set" ? mark(value) : numberValue(index++), mark(value)];
}

function bindings(
  { keyName, valueName }: ForExpression,
  key: Value,
  value: Value,
): readonly (readonly [string, Value])[] {
  return keyName === undefined
    ? [[valueName, value]]
    : [
        [keyName, key],
        [valueName, value],
      ];
}

function iterate(evaluator: Evaluator, expression: ForExpression, progress: Progress, key: Value, value: Value): void {
  const within = evaluator.with({ scope: childVariableScope(evaluator.scope, bindings(expression, key, value)) });
  if (!isIncluded(within, expression, progress)) return;
  if (!expression.key) {
    progress.values.push(within.evaluate(expression.value));
    return;
  }
  const name = evaluateKey(within, expression.key, progress);
  if (name === undefined) return;
  const element = within.evaluate(expression.value);
  const group = progress.groups.get(name);
  if (!group) progress.groups.set(name, [element]);
  else if (expression.isGrouped) group.push(element);
  else {
    const shown = progress.isSensitive ? "the same key" : `the key "${name}"`;
    const detail = `Two elements give ${shown}. To gather them, write "..." after the value.`;
    within.report("Duplicate object key", detail, expression.key);
  }
}

function isIncluded(within: Evaluator, { condition }: ForExpression, progress: Progress): boolean {
  if (!condition) return true;
  const value = convertOnce(within, condition, boolType, progress, "Invalid 'for' condition", "The 'if' clause");
  return value?.asBool() ?? false;
}

function evaluateKey(within: Evaluator, key: Expression, progress: Progress): string | undefined {
  return convertOnce(within, key, stringType, progress, "Invalid object key", "The key")?.asString();
}

/** A known value of the type; else undefined, with the problem reported unless an earlier element had one. */
function convertOnce(
  within: Evaluator,
  expression: Expression,
  type: typeof boolType,
  progress: Progress,
  summary: string,
  subject: string,
): Value | undefined {
  const diagnostics = new Diagnostics();
  const quiet = within.with({ diagnostics });
  const given = quiet.evaluate(expression);
  if (given.isSensitive) progress.isSensitive = true;
  const before = diagnostics.errorCount;
  if (given.isNull) quiet.report(summary, `${subject} must not be null.`, expression);
  // As in Packer, a key that is not known yet is not judged by its type, while a condition is.
  const isConvertible = !given.isNull && (given.isKnown || type.kind === "bool");
  const value = isConvertible ? quiet.convert(given, type, expression, summary, `${subject} is invalid`) : given;
  if (progress.isKnown) within.diagnostics.addAll(diagnostics.all);
  if (value.isKnown && diagnostics.errorCount === before) return value;
  progress.isKnown = false;
  return undefined;
}

function finish(expression: ForExpression, { values, groups }: Progress): Value {
  if (!expression.key) return tupleValue(values);
  return objectValue(
    [...groups].map(([name, group]) => [name, expression.isGrouped ? tupleValue(group) : (group[0] as Value)] as const),
  );
}
