import type { Diagnostics } from "../diagnostic.ts";
import { readBody } from "../hcl/body-content.ts";
import { ConversionError, convert } from "../hcl/convert.ts";
import { describeValue, involvedValues } from "../hcl/describe-value.ts";
import { evaluate } from "../hcl/evaluate.ts";
import type { HclFunction } from "../hcl/function.ts";
import { referencesOf } from "../hcl/references.ts";
import { makeScope, type Scope } from "../hcl/scope.ts";
import type { Block, Expression } from "../hcl/syntax.ts";
import { boolType, stringType } from "../hcl/type.ts";
import { objectValue } from "../hcl/value.ts";
import { locationOf, type Span } from "../source-file.ts";
import { readArgument } from "./read-argument.ts";
import { type InputVariable, valueOfVariable } from "./variables.ts";

/** A `validation` block of a variable. */
export interface Validation {
  readonly condition: Expression;
  readonly message: string;
  readonly span: Span;
}

/** Reads a `validation` block; undefined when it has no condition, which has been reported. */
export function readValidation(
  variable: string,
  block: Block,
  scope: Scope,
  diagnostics: Diagnostics,
): Validation | undefined {
  const { attributes } = readBody(block.body, { required: ["condition", "error_message"] }, diagnostics);
  const messageAttribute = attributes.get("error_message");
  const message = readArgument(messageAttribute, stringType, scope, diagnostics)?.asString();
  if (message !== undefined && !isSentence(message)) {
    const detail =
      "It must be a sentence: with an uppercase letter at its beginning, and a period, question or exclamation mark at its end.";
    diagnostics.error("Invalid validation error message", detail, messageAttribute?.value.span);
  }
  const condition = attributes.get("condition")?.value;
  if (!condition) return undefined;
  checkReferences(variable, condition, diagnostics);
  return { condition, message: message ?? "", span: block.headerSpan };
}

function isSentence(text: string): boolean {
  const trimmed = text.trim();
  const [first = ""] = trimmed;
  return /[.?!]$/.test(trimmed) && (!/\p{L}/u.test(first) || /\p{Lu}/u.test(first));
}

/** A condition looks at its own variable, and at nothing else. */
function checkReferences(variable: string, condition: Expression, diagnostics: Diagnostics): void {
  let isReferred = false;
  for (const { root, path, span } of referencesOf(condition)) {
    if (root === "var" && path[0] === variable) isReferred = true;
    else {
      const detail = `The condition of the variable "${variable}" can only refer to the variable itself, as var.${variable}.`;
      diagnostics.error("Invalid reference in variable validation", detail, span);
    }
  }
  if (isReferred) return;
  const detail = `The condition must refer to var.${variable}, the value that it is to check.`;
  diagnostics.error("Invalid variable validation condition", detail, condition.span);
}

/** Checks the value of every variable: it must be set, and meet the conditions. */
export function validateVariables(
  variables: Iterable<InputVariable>,
  functions: ReadonlyMap<string, HclFunction>,
  diagnostics: Diagnostics,
): void {
  for (const variable of variables) {
    const assignment = variable.assignments.at(-1);
    if (!assignment) {
      const detail = `It has no default: set it with -var, in a variable file, or as PKR_VAR_${variable.name}.`;
      diagnostics.error(`Unset variable "${variable.name}"`, detail, variable.span);
      continue;
    }
    const value = valueOfVariable(variable);
    const scope = makeScope([["var", objectValue([[variable.name, value]])]], functions);
    for (const validation of variable.validations) validate(variable, validation, scope, diagnostics);
  }
}

function validate(variable: InputVariable, validation: Validation, scope: Scope, diagnostics: Diagnostics): void {
  const { condition, message, span } = validation;
  const before = diagnostics.errors.length;
  const result = evaluate(condition, scope, diagnostics);
  if (diagnostics.errors.length > before || !result.isKnown) return;
  const verdict = asBool(result);
  if (verdict === true) return;
  const assignment = variable.assignments.at(-1);
  const rule = `${locationOf(span).file}:${locationOf(span).line}`;
  if (verdict === undefined) {
    const detail = `The condition must give true or false, but it ${describeValue(result)}.`;
    diagnostics.error("Invalid variable validation result", detail, condition.span, involvedValues(condition, scope));
    return;
  }
  const summary = `Invalid value for the variable "${variable.name}"`;
  const detail = `${message}\nThis was checked by the validation rule at ${rule}.`;
  diagnostics.error(
    summary,
    detail,
    (!variable.isSensitive && assignment?.span) || span,
    involvedValues(condition, scope),
  );
}

function asBool(result: ReturnType<typeof evaluate>): boolean | undefined {
  if (result.isNull) return undefined;
  try {
    return convert(result, boolType).asBool();
  } catch (error) {
    if (error instanceof ConversionError) return undefined;
    throw error;
  }
}
