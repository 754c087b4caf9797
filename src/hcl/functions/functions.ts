import { cidrFunctions } from "./cidr.ts";
import { combiningFunctions } from "./combine.ts";
import type { FunctionContext } from "./context.ts";
import { cryptoFunctions } from "./crypto.ts";
import { csvFunctions } from "./csv.ts";
import { dateFunctions } from "./dates.ts";
import { encodingFunctions } from "./encoding.ts";
import { environmentFunction } from "./environment.ts";
import { fileFunctions } from "./files.ts";
import { formatFunctions } from "./format.ts";
import type { HclFunction } from "./function.ts";
import { jsonFunctions } from "./json.ts";
import { listQuestionFunctions } from "./list-questions.ts";
import { listFunctions } from "./lists.ts";
import { mapFunctions } from "./maps.ts";
import { numberFunctions } from "./numbers.ts";
import { regexFunctions } from "./regex.ts";
import { repeatableFunctions } from "./repeatable.ts";
import { serviceFunctions } from "./services.ts";
import { setFunctions } from "./sets.ts";
import { stringFunctions } from "./strings.ts";
import { templateFileFunction } from "./templatefile.ts";
import { yamlFunctions } from "./yaml/yaml.ts";

/**
 * Every function of Packer's HCL2 templates, by name, but for `try`, `can` and `convert`: what these do with their
 * arguments is a matter of the evaluator.
 *
 * @see hashicorp/packer, hcl2template/functions.go
 */
export function packerFunctions(context: FunctionContext): ReadonlyMap<string, HclFunction> {
  const functions: ReadonlyMap<string, HclFunction> = new Map(
    Object.entries({
      ...cidrFunctions,
      ...combiningFunctions,
      ...cryptoFunctions,
      ...csvFunctions,
      ...dateFunctions(context),
      ...encodingFunctions,
      ...fileFunctions(context),
      ...formatFunctions,
      ...jsonFunctions,
      ...listQuestionFunctions,
      ...listFunctions,
      ...mapFunctions,
      ...numberFunctions,
      ...regexFunctions,
      ...serviceFunctions,
      ...setFunctions,
      ...stringFunctions,
      templatefile: templateFileFunction(context, () => functions),
      ...yamlFunctions,
      ...(context.sameInEveryRun ? repeatableFunctions : {}),
    }),
  );
  return functions;
}

/** The one function that a variable's `default` may call: `env()`. Packer knows it nowhere else. */
export function variableFunctions(
  context: Pick<FunctionContext, "env" | "isSecret">,
): ReadonlyMap<string, HclFunction> {
  return new Map([["env", environmentFunction(context)]]);
}
