import { Diagnostics } from "../source/diagnostic.ts";
import type { BinaryExpression } from "../syntax/syntax.ts";
import { boolValue, inheritMark, unknownValue, type Value } from "../values/value.ts";
import type { Evaluator } from "./evaluate.ts";
import { applyOperator, OperationError, operandType, resultType } from "./operators.ts";

/** `left operator right` */
export function evaluateBinary(evaluator: Evaluator, expression: BinaryExpression): Value {
  const { operator } = expression;
  const left = evaluateOperand(evaluator, expression, "left");
  const right = evaluateOperand(evaluator, expression, "right");
  const decider = left.isFit && right.isFit ? decidingOperand(operator, left, right) : undefined;
  const problems = decider ? decider.problems.all : [...left.problems.all, ...right.problems.all];
  evaluator.diagnostics.addAll(problems);
  const both = [left.value, right.value];
  if (decider?.value.isKnown) return inheritMark(boolValue(operator === "||"), both);
  if (decider) return inheritMark(unknownValue(resultType(operator)).notNull(), both);
  if (problems.length > 0) return inheritMark(unknownValue(resultType(operator)), both);
  try {
    return applyOperator(operator, left.value, right.value);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    evaluator.report("Operation failed", `"${operator}" has no result: ${error.message}.`, expression);
    return unknownValue(resultType(operator));
  }
}

function evaluateOperand(evaluator: Evaluator, expression: BinaryExpression, side: "left" | "right"): Operand {
  const problems = new Diagnostics();
  const apart = evaluator.with({ diagnostics: problems });
  const operand = expression[side];
  const given = apart.evaluate(operand);
  const before = problems.errorCount;
  const subject = `Unsuitable value for the ${side} side of "${expression.operator}"`;
  const value = apart.convert(given, operandType(expression.operator), operand, "Invalid operand", subject);
  return { value, problems, isFit: problems.errorCount === before };
}

/** One side of an operator, with the problems that its evaluation had. */
interface Operand {
  readonly value: Value;
  readonly problems: Diagnostics;
  /** It has, or may have, the type that the operator needs. */
  readonly isFit: boolean;
}

/**
 * The operand of `&&` or `||` that decides alone, or that must be known first: problems of the other one do not count
 * then, as in `var.x != null && var.x.size > 1`.
 */
function decidingOperand(operator: string, left: Operand, right: Operand): Operand | undefined {
  if (operator !== "&&" && operator !== "||") return undefined;
  // Null counts as false where that decides, as it does in Packer.
  const isDecisive = ({ value }: Operand) => {
    return value.isKnown && (value.isNull ? operator === "&&" : value.asBool() === (operator === "||"));
  };
  if (isDecisive(left)) return left;
  if (isDecisive(right)) return right;
  if (!left.value.isKnown && !left.problems.hasErrors) return left;
  const isRightOpen = !right.value.isKnown && !right.problems.hasErrors;
  return isRightOpen && left.value.isKnown ? right : undefined;
}
