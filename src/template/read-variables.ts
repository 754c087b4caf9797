import { credentialTest, isCredentialVariable } from "../common/credential-variables.ts";
import { makeVariableScope } from "../hcl/evaluate/variable-scope.ts";
import { variableFunctions } from "../hcl/functions/functions.ts";
import type { Diagnostics } from "../hcl/source/diagnostic.ts";
import { assignFromArguments, assignFromEnvironment, assignFromFile } from "./blocks/variable-values.ts";
import { declareVariable, declareVariables, type InputVariable, markCredentials } from "./blocks/variables.ts";
import { withinReach } from "./functions-in-reach.ts";
import type { LoadOptions } from "./load-options.ts";
import { blocksOfType, type SortedTemplate } from "./read-blocks.ts";
import { readVariableFile } from "./read-template-files.ts";
import { registerSecretVariables } from "./template-secrets.ts";

/** A template with its variables and what they are set to. */
export interface DeclaredTemplate extends SortedTemplate {
  readonly variables: ReadonlyMap<string, InputVariable>;
}

type Assignments = Pick<LoadOptions, "env" | "vars" | "varFiles" | "warnUndeclared" | "edited">;

/** Reads what variables there are, and what they are set to: later assignments win over earlier ones. */
export function readVariables(
  template: SortedTemplate,
  { env, vars = [], varFiles = [], warnUndeclared = true, edited }: Assignments,
  diagnostics: Diagnostics,
): DeclaredTemplate {
  const variables = new Map<string, InputVariable>();
  const isCredential = credentialTest(env);
  const isSecret = (name: string, text: string) => isCredentialVariable(name) || isCredential(text);
  const scope = makeVariableScope([], withinReach(variableFunctions({ env, isSecret }), edited));
  for (const block of blocksOfType(template, "variable")) declareVariable(block, variables, scope, diagnostics);
  for (const block of blocksOfType(template, "variables")) declareVariables(block, variables, scope, diagnostics);
  assignFromEnvironment(env, variables, diagnostics);
  for (const file of [...template.variableFiles, ...varFiles]) {
    const body = readVariableFile(file, diagnostics, edited?.texts);
    if (body) assignFromFile(body, variables, { warnUndeclared }, diagnostics);
  }
  assignFromArguments(vars, variables, diagnostics);
  markCredentials(variables.values(), isCredential);
  if (!edited) registerSecretVariables(variables.values(), template.bodies);
  return { ...template, variables };
}
