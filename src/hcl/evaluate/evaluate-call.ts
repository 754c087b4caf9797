import { messageOf } from "../../common/errors.ts";
import { suggestName } from "../../common/suggest-name.ts";
import { ArgumentError, callFunction, FunctionError, type HclFunction } from "../functions/function.ts";
import { Diagnostics, diagnosticLine } from "../source/diagnostic.ts";
import type { CallExpression, Expression } from "../syntax/syntax.ts";
import { NumberError } from "../values/big-float.ts";
import { boolType } from "../values/type.ts";
import { falseValue, inheritMark, trueValue, unknownValue, type Value } from "../values/value.ts";
import type { Evaluator } from "./evaluate.ts";
import { applyDefaults, readTypeConstraint } from "./type-constraint.ts";

/** The functions that look at the expressions of their arguments, not at their values. */
export const LAZY_FUNCTIONS: readonly string[] = ["can", "convert", "try"];

/** An argument with the expression that it comes from; several come from one when it is expanded with `...`. */
interface Argument {
  readonly expression: Expression;
  readonly value: Value;
}

/** `name(args)`: the arguments are evaluated, converted to what the parameters say, and given to the function. */
export function evaluateCall(evaluator: Evaluator, call: CallExpression): Value {
  if (LAZY_FUNCTIONS.includes(call.name)) return evaluateLazy(evaluator, call);
  const fn = evaluator.scope.functions.get(call.name);
  if (!fn) return reportUnknown(evaluator, call);
  const before = evaluator.diagnostics.errorCount;
  const args = evaluateArguments(evaluator, call);
  if (!args) return unknownValue();
  if (!checkCount(evaluator, call, fn, args)) return unknownValue();
  if (evaluator.diagnostics.errorCount > before) return unknownValue();
  return apply(evaluator, call, fn, args);
}

function reportUnknown(evaluator: Evaluator, call: CallExpression): Value {
  const names = [...evaluator.scope.functions.keys(), ...LAZY_FUNCTIONS];
  const detail = `There is no function named "${call.name}".${suggestName(call.name, names)}`;
  evaluator.report("Call to unknown function", detail, call, call.nameSpan);
  return unknownValue();
}

function evaluateArguments(evaluator: Evaluator, call: CallExpression): readonly Argument[] | undefined {
  const argument = (expression: Expression) => ({ expression, value: evaluator.evaluate(expression) });
  const last = call.isExpanded ? call.args.at(-1) : undefined;
  if (!last) return call.args.map(argument);
  // First, as in Packer: while nobody knows which arguments there are, nothing is said of the others.
  const expanded = expand(evaluator, argument(last));
  return expanded && [...call.args.slice(0, -1).map(argument), ...expanded];
}

/** The arguments that one with `...` stands for; undefined when they are not known, or there are none, which has been reported. */
function expand(evaluator: Evaluator, { value, expression }: Argument): readonly Argument[] | undefined {
  const isSequence = value.type.kind === "tuple" || value.type.kind === "list" || value.type.kind === "set";
  if (!value.isKnown && (isSequence || value.type.kind === "dynamic")) return undefined;
  if (value.isNull || !isSequence) {
    const detail = `The argument with "..." must be a list, set or tuple${value.isNull ? ", not null" : ""}.`;
    evaluator.report("Invalid expanding argument value", detail, expression);
    return undefined;
  }
  return value.elements().map((element) => ({ expression, value: inheritMark(element, [value]) }));
}

function checkCount(evaluator: Evaluator, call: CallExpression, fn: HclFunction, args: readonly Argument[]): boolean {
  const required = fn.params.length;
  const missing = fn.params[args.length];
  const plural = required === 1 ? "" : "s";
  if (missing) {
    const atLeast = fn.variadic ? "at least " : "";
    const detail = `${call.name}() takes ${atLeast}${required} argument${plural}; "${missing.name}" is missing.`;
    const span = { ...call.span, start: call.span.end - 1 };
    evaluator.report("Not enough function arguments", detail, call, span);
    return false;
  }
  const extra = fn.variadic ? undefined : args[required];
  if (!extra) return true;
  const detail = `${call.name}() takes only ${required} argument${plural}.`;
  evaluator.report("Too many function arguments", detail, call, extra.expression.span);
  return false;
}

function apply(evaluator: Evaluator, call: CallExpression, fn: HclFunction, args: readonly Argument[]): Value {
  try {
    return callFunction(
      fn,
      args.map(({ value }) => value),
    );
  } catch (error) {
    // What a function says of an argument may quote it.
    const isHidden = args.some(({ value }) => value.containsSensitive);
    const reason = isHidden ? "the reason is hidden, as an argument is sensitive" : messageOf(error);
    if (error instanceof ArgumentError) {
      const parameter = fn.params[error.argumentIndex] ?? fn.variadic;
      const at = args[error.argumentIndex]?.expression ?? call;
      const detail = `Invalid value for the parameter "${parameter?.name}" of ${call.name}(): ${reason}.`;
      evaluator.report("Invalid function argument", detail, at);
    } else if (error instanceof FunctionError || error instanceof NumberError || error instanceof RangeError) {
      evaluator.report("Error in function call", `${call.name}() failed: ${reason}.`, call);
    } else throw error;
    return unknownValue();
  }
}

/** `try`, `can` and `convert`; what one with `...` stands for is known already, so it can be neither tried nor a type. */
function evaluateLazy(evaluator: Evaluator, call: CallExpression): Value {
  const before = evaluator.diagnostics.errorCount;
  const last = call.isExpanded ? call.args.at(-1) : undefined;
  if (!last) return evaluateUnexpanded(evaluator, call, call.args);
  const value = evaluator.evaluate(last);
  if (evaluator.diagnostics.errorCount > before) return unknownValue();
  const expanded = expand(evaluator, { expression: last, value });
  if (!expanded) return unknownValue();
  const literals = expanded.map((item): Expression => ({ kind: "literal", span: last.span, value: item.value }));
  return evaluateUnexpanded(evaluator, call, [...call.args.slice(0, -1), ...literals]);
}

function evaluateUnexpanded(evaluator: Evaluator, call: CallExpression, args: readonly Expression[]): Value {
  if (call.name === "try") return evaluateTry(evaluator, call, args);
  return call.name === "can" ? evaluateCan(evaluator, call, args) : evaluateConvert(evaluator, call, args);
}

/** `try(a, b, ...)`: the first argument that has a value. */
function evaluateTry(evaluator: Evaluator, call: CallExpression, args: readonly Expression[]): Value {
  const failures: string[] = [];
  for (const expression of args) {
    const diagnostics = new Diagnostics();
    const value = evaluator.with({ diagnostics }).evaluate(expression);
    if (!diagnostics.hasErrors) return value.isWhollyKnown ? value : unknownValue();
    failures.push(...diagnostics.errors.map(diagnosticLine));
  }
  const reason =
    args.length === 0 ? "It needs at least one argument." : `No argument has a value: ${failures.join("; ")}`;
  evaluator.report("Error in function call", `try() failed. ${reason}`, call);
  return unknownValue();
}

/** `can(a)`: whether the argument has a value. */
function evaluateCan(evaluator: Evaluator, call: CallExpression, args: readonly Expression[]): Value {
  const [expression] = args;
  if (!expression || args.length > 1) {
    evaluator.report("Error in function call", "can() takes one argument.", call);
    return unknownValue();
  }
  const diagnostics = new Diagnostics();
  const value = evaluator.with({ diagnostics }).evaluate(expression);
  if (diagnostics.hasErrors) return falseValue;
  return value.isWhollyKnown ? trueValue : unknownValue(boolType);
}

/** `convert(value, type)`, where the type is written as in a variable block. */
function evaluateConvert(evaluator: Evaluator, call: CallExpression, args: readonly Expression[]): Value {
  const [expression, typeExpression] = args;
  if (!expression || !typeExpression || args.length > 2) {
    evaluator.report("Error in function call", "convert() takes a value and a type.", call);
    return unknownValue();
  }
  const before = evaluator.diagnostics.errorCount;
  const value = evaluator.evaluate(expression);
  const constraint = readTypeConstraint(typeExpression, (inner) => evaluator.evaluate(inner), evaluator.diagnostics);
  if (!constraint || evaluator.diagnostics.errorCount > before) return unknownValue();
  const subject = 'Invalid value for the parameter "value" of convert()';
  const given = applyDefaults(value, constraint.defaults);
  const converted = evaluator.convert(given, constraint.type, expression, "Invalid function argument", subject);
  return evaluator.diagnostics.errorCount > before ? unknownValue() : converted;
}
