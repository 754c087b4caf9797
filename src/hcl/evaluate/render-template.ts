import type { RenderTemplate } from "../functions/context.ts";
import { FunctionError } from "../functions/function.ts";
import { Diagnostics, diagnosticLine } from "../source/diagnostic.ts";
import { SourceFile } from "../source/source-file.ts";
import { parseTemplateText } from "../syntax/parse.ts";
import { evaluate } from "./evaluate.ts";
import { makeVariableScope } from "./variable-scope.ts";

/**
 * Evaluates the text of a template file, for `templatefile()`.
 * @throws {FunctionError} with every problem, each with its place in that file
 */
export const renderTemplate: RenderTemplate = ({ text, file, variables, functions }) => {
  const diagnostics = new Diagnostics();
  const expression = parseTemplateText(new SourceFile(file, text), diagnostics);
  const value = expression && evaluate(expression, makeVariableScope(variables, functions), diagnostics);
  if (value && !diagnostics.hasErrors) return value;
  throw new FunctionError(diagnostics.errors.map(diagnosticLine).join("; "));
};
