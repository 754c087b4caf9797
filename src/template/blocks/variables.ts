import { evaluate } from "../../hcl/evaluate/evaluate.ts";
import { applyDefaults, readTypeConstraint, type TypeConstraint } from "../../hcl/evaluate/type-constraint.ts";
import { makeVariableScope, type VariableScope } from "../../hcl/evaluate/variable-scope.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { Span } from "../../hcl/source/source-file.ts";
import { readAttributes, readBody } from "../../hcl/syntax/body-content.ts";
import type { Attribute, Block, Expression } from "../../hcl/syntax/syntax.ts";
import { ConversionError, convert } from "../../hcl/values/convert.ts";
import { boolType, dynamicType, stringType, type Type } from "../../hcl/values/type.ts";
import { unknownValue, type Value } from "../../hcl/values/value.ts";
import { IDENTIFIER_RULE, isIdentifier, readArgument } from "./read-argument.ts";
import { readValidation, type Validation } from "./variable-validation.ts";

/** An input variable, as a template declares it. */
export interface InputVariable {
  readonly name: string;
  readonly description: string;
  readonly isSensitive: boolean;
  readonly constraint: TypeConstraint;
  readonly validations: readonly Validation[];
  readonly span: Span;
  /** What it has been set to so far, the default included; the last one holds. */
  readonly assignments: Assignment[];
}

/** Where the value of a variable comes from, in the order of precedence. */
export type AssignmentSource = "default" | "env" | "varfile" | "cmd";

export interface Assignment {
  readonly from: AssignmentSource;
  readonly value: Value;
  readonly span: Span | undefined;
}

const SCHEMA = {
  attributes: ["type", "default", "description", "sensitive"],
  blocks: { validation: [] },
};

/** Reads a `variable` block and adds it to the others. */
export function declareVariable(
  block: Block,
  variables: Map<string, InputVariable>,
  scope: VariableScope,
  diagnostics: Diagnostics,
): void {
  const label = block.labels[0];
  const name = label?.text ?? "";
  if (!isIdentifier(name)) diagnostics.error("Invalid variable name", `"${name}": ${IDENTIFIER_RULE}`, label?.span);
  if (isDuplicate(name, variables, block.headerSpan, diagnostics)) return;
  const { attributes, blocks } = readBody(block.body, SCHEMA, diagnostics);
  const typeExpression = attributes.get("type")?.value;
  const constraint = typeExpression
    ? readTypeConstraint(
        typeExpression,
        (expression) => evaluate(expression, makeVariableScope([]), diagnostics),
        diagnostics,
      )
    : { type: dynamicType, defaults: undefined };
  const description = readArgument(attributes.get("description"), stringType, scope, diagnostics)?.asString() ?? "";
  const isSensitive = readArgument(attributes.get("sensitive"), boolType, scope, diagnostics)?.asBool() ?? false;
  const validations = blocks
    .map((inner) => readValidation(name, inner, scope, diagnostics))
    .filter((rule) => rule !== undefined);
  const assignments: Assignment[] = [];
  const declared = { name, description, isSensitive, validations, span: block.headerSpan, assignments };
  const variable = { ...declared, constraint: constraint ?? { type: dynamicType, defaults: undefined } };
  const given = readDefault(attributes.get("default"), variable, scope, diagnostics);
  if (given) assignments.push(given);
  variables.set(
    name,
    given
      ? { ...variable, constraint: { ...variable.constraint, type: impliedType(variable, given.value) } }
      : variable,
  );
}

/** Reads a `variables` block of old: names with their defaults. */
export function declareVariables(
  block: Block,
  variables: Map<string, InputVariable>,
  scope: VariableScope,
  diagnostics: Diagnostics,
): void {
  for (const { name, nameSpan, value: expression, span } of readAttributes(block.body, diagnostics)) {
    if (isDuplicate(name, variables, nameSpan, diagnostics)) continue;
    const value = evaluate(expression, scope, diagnostics);
    const constraint = { type: value.type, defaults: undefined };
    const assignments: Assignment[] = [{ from: "default", value, span: expression.span }];
    variables.set(name, { name, description: "", isSensitive: false, constraint, validations: [], span, assignments });
  }
}

function isDuplicate(
  name: string,
  variables: ReadonlyMap<string, InputVariable>,
  span: Span,
  diagnostics: Diagnostics,
): boolean {
  const first = variables.get(name);
  if (!first) return false;
  const { file, line } = first.span.source.locate(first.span.start);
  diagnostics.error("Duplicate variable", `The variable "${name}" is already declared at ${file}:${line}.`, span);
  return true;
}

function readDefault(
  attribute: Attribute | undefined,
  variable: InputVariable,
  scope: VariableScope,
  diagnostics: Diagnostics,
): Assignment | undefined {
  if (!attribute) return undefined;
  const summary = "Invalid default value for variable";
  const value = evaluate(attribute.value, scope, diagnostics);
  return assign("default", attribute.value, value, variable, summary, diagnostics);
}

/** Without a type, the default's type is the variable's; an empty list or object says too little. */
function impliedType({ constraint }: InputVariable, value: Value): Type {
  if (constraint.type.kind !== "dynamic") return constraint.type;
  const isEmpty =
    (value.type.kind === "object" || value.type.kind === "tuple") && value.isContainer && value.elements().length === 0;
  return isEmpty ? constraint.type : value.type;
}

/** The assignment of an evaluated expression, converted to the variable's type; what does not fit is reported. */
export function assign(
  from: AssignmentSource,
  expression: Expression,
  given: Value,
  variable: InputVariable,
  summary: string,
  diagnostics: Diagnostics,
): Assignment {
  const { type, defaults } = variable.constraint;
  // The text of the expression is the value, or close to it.
  const span = variable.isSensitive ? variable.span : expression.span;
  try {
    return { from, value: convert(applyDefaults(given, defaults), type), span };
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    const isHidden = variable.isSensitive || given.containsSensitive;
    const reason = isHidden ? error.reason : error.message;
    diagnostics.error(summary, `The value of "${variable.name}" does not fit its type: ${reason}.`, span);
    return { from, value: unknownValue(), span };
  }
}

/**
 * A credential of the environment that somebody has given to a variable is sensitive, whatever the variable says; what
 * `env()` reads in a default is marked there, and what the template itself says is open.
 */
export function markCredentials(variables: Iterable<InputVariable>, isCredential: (text: string) => boolean): void {
  for (const { assignments } of variables) {
    for (const [index, assignment] of assignments.entries()) {
      if (assignment.from === "default") continue;
      assignments[index] = { ...assignment, value: assignment.value.withSensitiveTexts(isCredential) };
    }
  }
}

/** What a variable is, sensitive if it is declared so; unknown when it is not set. */
export function valueOfVariable({ assignments, constraint, isSensitive }: InputVariable): Value {
  const value = assignments.at(-1)?.value ?? unknownValue(constraint.type);
  return isSensitive ? value.withSensitive() : value;
}
