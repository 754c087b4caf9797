import { Diagnostics } from "../source/diagnostic.ts";
import type { SplatExpression } from "../syntax/syntax.ts";
import { listType, type Type, tupleType } from "../values/type.ts";
import {
  elementTypeOf,
  haveSameType,
  inheritMark,
  listValue,
  tupleValue,
  unknownValue,
  type Value,
} from "../values/value.ts";
import type { Evaluator } from "./evaluate.ts";
import type { VariableScope } from "./variable-scope.ts";

/** `target[*].each` and `target.*.each` */
export function evaluateSplat(evaluator: Evaluator, expression: SplatExpression): Value {
  const before = evaluator.diagnostics.errorCount;
  const target = evaluator.evaluate(expression.target);
  if (evaluator.diagnostics.errorCount > before) return unknownValue();
  const isSequence = target.type.kind === "tuple" || target.type.kind === "list" || target.type.kind === "set";
  if (target.isNull) {
    if (!isSequence) return inheritMark(tupleValue([]), [target]);
    evaluator.report("Splat of null value", "A splat cannot be applied to a null sequence.", expression.target);
    return unknownValue();
  }
  if (target.type.kind === "dynamic") return inheritMark(unknownValue(), [target]);
  const evaluateEach = (value: Value) => evaluateItem(evaluator, expression, inheritMark(value, [target]));
  if (!target.isKnown && isSequence) return inheritMark(unknownSplat(target.type, evaluateEach).notNull(), [target]);
  if (!isSequence) {
    // A single value is a list of one; one that may yet turn out to be null, of none.
    const item = evaluateEach(target);
    const isFailed = evaluator.diagnostics.errorCount > before;
    const result = isFailed ? failedSplat(evaluator, expression, tupleType([target.type])) : tupleValue([item]);
    return inheritMark(target.mayBeNull ? unknownValue() : result, [target]);
  }
  const items = target.elements().map(evaluateEach);
  if (evaluator.diagnostics.errorCount > before)
    return inheritMark(failedSplat(evaluator, expression, target.type), [target]);
  if (target.type.kind === "tuple") return inheritMark(tupleValue(items), [target]);
  return inheritMark(makeList(evaluator, expression, target, items, evaluateEach), [target]);
}

function evaluateItem(evaluator: Evaluator, expression: SplatExpression, value: Value): Value {
  const scope: VariableScope = {
    variables: new Map(),
    functions: evaluator.scope.functions,
    parent: evaluator.scope,
    splatItem: { expression: expression.item, value },
  };
  return evaluator.with({ scope }).evaluate(expression.each);
}

function makeList(
  evaluator: Evaluator,
  expression: SplatExpression,
  target: Value,
  items: readonly Value[],
  each: (value: Value) => Value,
): Value {
  if (items.length === 0) return listValue([], each(unknownValue(elementTypeOf(target.type))).type);
  if (haveSameType(items)) return listValue(items);
  const detail =
    "The inner splat gives elements of different types, which make no list. Use a 'for' expression instead.";
  evaluator.report("Invalid nested splat expressions", detail, expression);
  return unknownValue();
}

/** What the result would have been of items with problems, which have been reported. */
function failedSplat(evaluator: Evaluator, expression: SplatExpression, type: Type): Value {
  const silent = evaluator.with({ diagnostics: new Diagnostics() });
  return unknownSplat(type, (value) => evaluateItem(silent, expression, value));
}

/** The result as far as the types of the elements say what it will be. */
function unknownSplat(type: Type, each: (value: Value) => Value): Value {
  if (type.kind !== "tuple") return unknownValue(listType(each(unknownValue(elementTypeOf(type))).type));
  return unknownValue(tupleType(type.elements.map((element) => each(unknownValue(element)).type)));
}
