import { suggestName } from "../../common/suggest-name.ts";
import type { RawValue } from "../../definition/raw-value.ts";
import { evaluate } from "../../hcl/evaluate/evaluate.ts";
import { makeVariableScope } from "../../hcl/evaluate/variable-scope.ts";
import { Diagnostics } from "../../hcl/source/diagnostic.ts";
import { SourceFile } from "../../hcl/source/source-file.ts";
import { readBodyPartly } from "../../hcl/syntax/body-content.ts";
import { parseExpressionText } from "../../hcl/syntax/parse.ts";
import type { Body, Expression } from "../../hcl/syntax/syntax.ts";
import { stringValue } from "../../hcl/values/value.ts";
import { fromRawValue } from "../raw-from-value.ts";
import { assign, type InputVariable } from "./variables.ts";

/** A `-var NAME=VALUE` of the command line, or a value that a program gives. */
export interface GivenVariable {
  readonly name: string;
  /** A text is read as `-var` has it: itself for a variable that takes a text, else an expression. */
  readonly value: RawValue;
}

type Variables = ReadonlyMap<string, InputVariable>;

const ENVIRONMENT_PREFIX = "PKR_VAR_";

/** Sets variables from the environment: `PKR_VAR_name`. Others than the declared ones are nobody's concern. */
export function assignFromEnvironment(env: NodeJS.ProcessEnv, variables: Variables, diagnostics: Diagnostics): void {
  for (const [key, text] of Object.entries(env)) {
    if (text === undefined || !key.startsWith(ENVIRONMENT_PREFIX)) continue;
    const variable = variables.get(key.slice(ENVIRONMENT_PREFIX.length));
    if (variable) assignText("env", variable, text, `<value for var.${variable.name} from env>`, diagnostics);
  }
}

/** Sets variables from a variable file; undeclared ones are a warning, as one file often serves several templates. */
export function assignFromFile(
  body: Body,
  variables: Variables,
  { warnUndeclared }: { readonly warnUndeclared: boolean },
  diagnostics: Diagnostics,
): void {
  const { blocks, rest } = readBodyPartly(body, { blocks: { variable: ["name"] } }, diagnostics);
  for (const { typeSpan, labels } of blocks) {
    const name = labels[0]?.text ?? "";
    const detail = `A variable file sets variables that a template declares. To set this one, write "${name} = ...".`;
    diagnostics.error("Variable declaration in a variable file", detail, typeSpan);
  }
  for (const { type, typeSpan } of rest.blocks) {
    diagnostics.error(
      `Unexpected "${type}" block`,
      "A variable file has only arguments, such as name = value.",
      typeSpan,
    );
  }
  for (const { name, nameSpan, value: expression } of rest.attributes) {
    const variable = variables.get(name);
    if (!variable) {
      if (!warnUndeclared) continue;
      const detail = `The variable "${name}" is set, but no template declares it.${suggestName(name, variables.keys())}`;
      diagnostics.warn("Undefined variable", detail, nameSpan);
      continue;
    }
    const before = diagnostics.errorCount;
    const value = evaluate(expression, makeVariableScope([]), diagnostics);
    if (diagnostics.errorCount > before) continue;
    variable.assignments.push(
      assign("varfile", expression, value, variable, "Invalid value for variable", diagnostics),
    );
  }
}

/** Sets variables from the command line or a program; here an undeclared one is an error. */
export function assignFromArguments(
  given: readonly GivenVariable[],
  variables: Variables,
  diagnostics: Diagnostics,
): void {
  for (const { name, value } of given) {
    const variable = variables.get(name);
    if (variable) {
      const fileName = `<value for var.${name} from arguments>`;
      if (typeof value === "string") assignText("cmd", variable, value, fileName, diagnostics);
      else assignData(variable, value, fileName, diagnostics);
      continue;
    }
    const detail = `"-var ${name}=..." sets a variable that no template declares.${suggestName(name, variables.keys())}`;
    diagnostics.error("Undefined -var variable", detail);
  }
}

/** A text from outside: itself for a variable that takes a string or number, else an expression. */
function assignText(
  from: "env" | "cmd",
  variable: InputVariable,
  text: string,
  fileName: string,
  diagnostics: Diagnostics,
): void {
  const source = new SourceFile(fileName, text);
  const { kind } = variable.constraint.type;
  const isLiteral = kind === "string" || kind === "number" || kind === "dynamic";
  const problems = new Diagnostics();
  const expression = isLiteral ? literal(source) : parseExpressionText(source, problems);
  const value = expression && evaluate(expression, makeVariableScope([]), problems);
  if (expression && value && !problems.hasErrors) {
    variable.assignments.push(assign(from, expression, value, variable, "Invalid value for variable", diagnostics));
  } else if (variable.isSensitive) {
    // A problem is shown with its text, which is the value.
    const detail = `The value of "${variable.name}" is not an expression of the language.`;
    diagnostics.error("Invalid value for variable", detail, variable.span);
  } else diagnostics.addAll(problems.all);
}

/** Data of a program, which nothing has to read. */
function assignData(variable: InputVariable, data: RawValue, fileName: string, diagnostics: Diagnostics): void {
  const value = fromRawValue(data);
  const expression = literal(new SourceFile(fileName, JSON.stringify(data)), value);
  variable.assignments.push(assign("cmd", expression, value, variable, "Invalid value for variable", diagnostics));
}

function literal(source: SourceFile, value = stringValue(source.text)): Expression {
  return { kind: "literal", span: { source, start: 0, end: source.text.length }, value };
}
