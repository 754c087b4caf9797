import type { BinaryOperator } from "../syntax/syntax.ts";
import { NumberError } from "../values/big-float.ts";
import { equals } from "../values/equality.ts";
import { boolType, dynamicType, numberType, type Type } from "../values/type.ts";
import { boolValue, numberValue, unknownValue, type Value } from "../values/value.ts";

/** An operation that has no result; the message is a sentence's tail. */
export class OperationError extends Error {}

/** What the operands of an operator are converted to. */
export function operandType(operator: BinaryOperator): Type {
  if (operator === "==" || operator === "!=") return dynamicType;
  return operator === "&&" || operator === "||" ? boolType : numberType;
}

export function resultType(operator: BinaryOperator): Type {
  return ARITHMETIC.has(operator) ? numberType : boolType;
}

const ARITHMETIC: ReadonlySet<BinaryOperator> = new Set(["+", "-", "*", "/", "%"]);

/**
 * The result of two converted operands.
 * @throws {OperationError}
 */
export function applyOperator(operator: BinaryOperator, left: Value, right: Value): Value {
  if (operator === "==") return equals(left, right);
  if (operator === "!=") return not(equals(left, right));
  if (left.isNull || right.isNull) throw new OperationError("an operand is null");
  const result = computeKnown(operator, left, right);
  return left.isSensitive || right.isSensitive ? result.withSensitive() : result;
}

function computeKnown(operator: BinaryOperator, left: Value, right: Value): Value {
  if (!left.isKnown || !right.isKnown) return unknownValue(resultType(operator)).notNull();
  if (operator === "&&") return boolValue(left.asBool() && right.asBool());
  if (operator === "||") return boolValue(left.asBool() || right.asBool());
  if (ARITHMETIC.has(operator)) return compute(operator, left, right);
  const order = left.asNumber().compare(right.asNumber());
  if (operator === "<") return boolValue(order < 0);
  if (operator === "<=") return boolValue(order <= 0);
  return boolValue(operator === ">" ? order > 0 : order >= 0);
}

function compute(operator: BinaryOperator, left: Value, right: Value): Value {
  const [a, b] = [left.asNumber(), right.asNumber()];
  try {
    if (operator === "+") return numberValue(a.add(b));
    if (operator === "-") return numberValue(a.subtract(b));
    if (operator === "*") return numberValue(a.multiply(b));
    return numberValue(operator === "/" ? a.divide(b) : a.modulo(b));
  } catch (error) {
    if (error instanceof NumberError) throw new OperationError(error.message);
    throw error;
  }
}

/** `!value` of a bool. */
export function not(value: Value): Value {
  const result = value.isKnown ? boolValue(!value.asBool()) : unknownValue(boolType).notNull();
  return value.isSensitive ? result.withSensitive() : result;
}

/** `-value` of a number. */
export function negate(value: Value): Value {
  const result = value.isKnown ? numberValue(value.asNumber().negate()) : unknownValue(numberType).notNull();
  return value.isSensitive ? result.withSensitive() : result;
}
