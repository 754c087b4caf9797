import { renderTemplate } from "../hcl/evaluate/render-template.ts";
import { makeVariableScope } from "../hcl/evaluate/variable-scope.ts";
import { packerFunctions } from "../hcl/functions/functions.ts";
import { objectValue, stringValue } from "../hcl/values/value.ts";
import { evaluateExpression, type TemplateConsole } from "./console.ts";
import { packerValue } from "./evaluate-template.ts";

/** A console without a template: the functions, and what every template has. */
export function openFunctionConsole(env: NodeJS.ProcessEnv): TemplateConsole {
  const here = process.cwd();
  const functions = packerFunctions({ baseFolder: here, workingFolder: here, env, renderTemplate });
  const path = objectValue([
    ["cwd", stringValue(here)],
    ["root", stringValue(here)],
  ]);
  const scope = makeVariableScope(Object.entries({ path, packer: packerValue() }), functions);
  return {
    names: ["path.cwd", "path.root", "packer.version", ...functions.keys()],
    evaluate: (expression, texts) => evaluateExpression(expression, scope, texts),
    listVariables: () => "",
  };
}
