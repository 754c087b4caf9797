import { loadOptions, type TemplateFlagValues } from "../bake/load-builds.ts";
import { dataReader } from "../bake/read-data-source.ts";
import { UsageError } from "../common/errors.ts";
import { PACKER_VERSION } from "../common/packer-version.ts";
import { renderTemplate } from "../hcl/evaluate/render-template.ts";
import { makeScope } from "../hcl/evaluate/scope.ts";
import { packerFunctions } from "../hcl/functions/functions.ts";
import { objectValue, stringValue } from "../hcl/values/value.ts";
import { evaluateExpression, openConsole, type TemplateConsole } from "../template/console.ts";

export interface ConsoleFlagValues extends TemplateFlagValues {
  readonly "evaluate-datasources": boolean | undefined;
}

/**
 * Opens the console of a template, or without one that of the functions alone.
 * @throws {TemplateError} when the template cannot be understood
 * @throws {UsageError} when variables are given without a template that declares them
 */
export async function openTemplateConsole(
  path: string | undefined,
  flags: ConsoleFlagValues,
  env: NodeJS.ProcessEnv,
): Promise<TemplateConsole> {
  if (path !== undefined) {
    const readData = flags["evaluate-datasources"] ? dataReader({ env }) : undefined;
    return openConsole({ ...loadOptions(path, flags, env), ...(readData && { readData }) });
  }
  if (flags.var.length === 0 && flags["var-file"].length === 0) return functionConsole(env);
  throw new UsageError("Variables need a template that declares them", { hint: "outscale-chroot console TEMPLATE" });
}

function functionConsole(env: NodeJS.ProcessEnv): TemplateConsole {
  const here = process.cwd();
  const functions = packerFunctions({ baseFolder: here, workingFolder: here, env, renderTemplate });
  const path = objectValue([
    ["cwd", stringValue(here)],
    ["root", stringValue(here)],
  ]);
  const packer = objectValue([["version", stringValue(PACKER_VERSION)]]);
  const scope = makeScope(Object.entries({ path, packer }), functions);
  return {
    names: ["path.cwd", "path.root", "packer.version", ...functions.keys()],
    evaluate: (expression) => evaluateExpression(expression, scope),
    listVariables: () => "",
  };
}
