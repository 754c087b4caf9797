import { Diagnostics } from "../source/diagnostic.ts";
import type { ConditionalExpression, Expression } from "../syntax/syntax.ts";
import { areEqual } from "../values/equality.ts";
import { boolType, sameType, type Type, typeName } from "../values/type.ts";
import { unify } from "../values/unify.ts";
import {
  inheritMark,
  listValue,
  mapValue,
  nullValue,
  setValue,
  sizeOf,
  unknownValue,
  type Value,
} from "../values/value.ts";
import type { Evaluator } from "./evaluate.ts";

/** `condition ? a : b`, both converted to one type; problems of the one that is not chosen do not count. */
export function evaluateConditional(evaluator: Evaluator, expression: ConditionalExpression): Value {
  const [whenTrue, trueProblems] = evaluateApart(evaluator, expression.whenTrue);
  const [whenFalse, falseProblems] = evaluateApart(evaluator, expression.whenFalse);
  const type = conditionalType(whenTrue, whenFalse);
  if (type === undefined) {
    const types = `"true" gives ${typeName(whenTrue.type)}, "false" gives ${typeName(whenFalse.type)}`;
    evaluator.report(
      "Inconsistent conditional result types",
      `Both results must have one type, but ${types}.`,
      expression,
    );
    return unknownValue();
  }
  const condition = evaluateCondition(evaluator, expression.condition);
  if (!condition) return unknownValue(type);
  const marked = [condition, whenTrue, whenFalse];
  if (!condition.isKnown) return inheritMark(openChoice(whenTrue, whenFalse, type), marked);
  const isTrue = condition.asBool();
  evaluator.diagnostics.addAll((isTrue ? trueProblems : falseProblems).all);
  const chosen = isTrue ? expression.whenTrue : expression.whenFalse;
  const value = isTrue ? whenTrue : whenFalse;
  const subject = `The ${isTrue ? "true" : "false"} result has the wrong type`;
  return inheritMark(evaluator.convert(value, type, chosen, "Inconsistent conditional result types", subject), marked);
}

/** What is known of a result before it is known which of the two it will be. */
function openChoice(whenTrue: Value, whenFalse: Value, type: Type): Value {
  if (whenTrue.isNull && whenFalse.isNull) return nullValue(type);
  if (whenTrue.mayBeNull || whenFalse.mayBeNull) return unknownValue(type);
  if (type.kind === "number" && whenTrue.isKnown && areEqual(whenTrue, whenFalse)) return whenTrue;
  const size = sizeOf(whenTrue);
  const isSized = size !== undefined && size === sizeOf(whenFalse) && sameType(whenTrue.type, whenFalse.type);
  return (isSized && collectionOfSize(type, size)) || unknownValue(type).notNull();
}

/** A collection of elements that are not known; undefined when its size alone does not make it one. */
function collectionOfSize(type: Type, size: number): Value | undefined {
  if (type.kind === "map" && size === 0) return mapValue([], type.element);
  if (type.kind !== "list" && type.kind !== "set") return undefined;
  const items = Array.from({ length: size }, () => unknownValue(type.element));
  if (type.kind === "list") return listValue(items, type.element);
  // Of several elements, some may turn out to be equal.
  return size <= 1 ? setValue(items, type.element) : undefined;
}

function evaluateApart(evaluator: Evaluator, expression: Expression): readonly [Value, Diagnostics] {
  const diagnostics = new Diagnostics();
  return [evaluator.with({ diagnostics }).evaluate(expression), diagnostics];
}

/** A condition as a bool, or not known; undefined when it is null or no bool, which has been reported. */
function evaluateCondition(evaluator: Evaluator, expression: Expression): Value | undefined {
  const value = evaluator.evaluate(expression);
  if (value.isNull) {
    evaluator.report("Null condition", "The condition is null. It must be true or false.", expression);
    return undefined;
  }
  // As in Packer, what is not known yet is not judged by its type.
  if (!value.isKnown) return value;
  const before = evaluator.diagnostics.errorCount;
  const summary = "Incorrect condition type";
  const condition = evaluator.convert(value, boolType, expression, summary, "The condition must be true or false");
  return evaluator.diagnostics.errorCount > before ? undefined : condition;
}

/** The type that both branches are converted to; undefined when there is none. */
function conditionalType(whenTrue: Value, whenFalse: Value): Type | undefined {
  const isBareNull = (value: Value) => value.isNull && value.type.kind === "dynamic";
  if (isBareNull(whenTrue)) return whenFalse.type;
  if (isBareNull(whenFalse)) return whenTrue.type;
  if (whenTrue.type.kind === "dynamic") return whenTrue.type;
  if (whenFalse.type.kind === "dynamic") return whenFalse.type;
  return unify([whenTrue.type, whenFalse.type], true);
}
