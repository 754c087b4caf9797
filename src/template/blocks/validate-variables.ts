import { describeValue, involvedValues } from "../../hcl/evaluate/describe-value.ts";
import { evaluate } from "../../hcl/evaluate/evaluate.ts";
import { makeVariableScope, type VariableScope } from "../../hcl/evaluate/variable-scope.ts";
import type { HclFunction } from "../../hcl/functions/function.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import { locationOf } from "../../hcl/source/source-file.ts";
import { ConversionError, convert } from "../../hcl/values/convert.ts";
import { boolType } from "../../hcl/values/type.ts";
import { objectValue } from "../../hcl/values/value.ts";
import type { Validation } from "./variable-validation.ts";
import { type InputVariable, valueOfVariable } from "./variables.ts";

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
    const scope = makeVariableScope([["var", objectValue([[variable.name, value]])]], functions);
    for (const validation of variable.validations) validate(variable, validation, scope, diagnostics);
  }
}

function validate(
  variable: InputVariable,
  validation: Validation,
  scope: VariableScope,
  diagnostics: Diagnostics,
): void {
  const { condition, message, span } = validation;
  const before = diagnostics.errorCount;
  const result = evaluate(condition, scope, diagnostics);
  if (diagnostics.errorCount > before) return;
  if (!result.isKnown) {
    diagnostics.unknown("Whether the condition is met is not known.", condition.span);
    return;
  }
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
