import { resolve } from "node:path";
import { PACKER_VERSION } from "../common/packer-version.ts";
import { sameInEveryRun } from "../go-template/same-in-every-run.ts";
import { renderTemplate } from "../hcl/evaluate/render-template.ts";
import { makeVariableScope, type VariableScope } from "../hcl/evaluate/variable-scope.ts";
import { packerFunctions } from "../hcl/functions/functions.ts";
import type { Diagnostics } from "../hcl/source/diagnostic.ts";
import { stringType } from "../hcl/values/type.ts";
import { objectValue, stringValue, unknownValue } from "../hcl/values/value.ts";
import {
  type EvaluatedPrerequisites,
  evaluatePrerequisites,
  type Prerequisite,
  prerequisiteVariables,
  readPrerequisites,
} from "./blocks/prerequisites.ts";
import { valueOfVariable } from "./blocks/variables.ts";
import { withinReach } from "./functions-in-reach.ts";
import type { LoadOptions } from "./load-options.ts";
import { blocksOfType } from "./read-blocks.ts";
import type { DeclaredTemplate } from "./read-variables.ts";
import { registerSecretLocals } from "./template-secrets.ts";

/** A template with the names that the expressions of locals and data sources can use. */
export interface ScopedTemplate extends DeclaredTemplate {
  /** `var`, `path`, `packer` and every function. */
  readonly baseScope: VariableScope;
}

/** A template whose locals and data sources are evaluated. */
export interface EvaluatedTemplate extends ScopedTemplate, EvaluatedPrerequisites {
  readonly prerequisites: readonly Prerequisite[];
  /** What expressions of sources and builds can use: also `local`, `data` and `source`. */
  readonly scope: VariableScope;
}

export function makeBaseScope(template: DeclaredTemplate, options: LoadOptions): ScopedTemplate {
  const { cwd, env, edited, onRead, homeFolder, locateFile } = options;
  const now = options.sameInEveryRun ? sameInEveryRun.now : options.now;
  const workingFolder = resolve(cwd ?? ".");
  const functions = withinReach(
    packerFunctions({
      baseFolder: resolve(workingFolder, template.root),
      workingFolder,
      env,
      renderTemplate,
      onRead,
      ...(homeFolder ? { homeFolder } : {}),
      ...(locateFile ? { locate: locateFile } : {}),
      ...(now ? { now: () => now, runStart: now } : {}),
      ...(options.sameInEveryRun ? { sameInEveryRun: true } : {}),
    }),
    edited,
  );
  const variables = [...template.variables.values()].map((each) => [each.name, valueOfVariable(each)] as const);
  const path = objectValue([
    ["cwd", stringValue(cwd ?? process.cwd())],
    ["root", stringValue(template.root)],
  ]);
  return {
    ...template,
    baseScope: makeVariableScope(
      Object.entries({ var: objectValue(variables), path, packer: packerValue() }),
      functions,
    ),
  };
}

/** What `packer` is; the ids that HCP Packer gives are nowhere known. */
export function packerValue() {
  return objectValue([
    ["version", stringValue(PACKER_VERSION)],
    ["iterationID", unknownValue(stringType)],
    ["versionFingerprint", unknownValue(stringType)],
  ]);
}

export async function evaluateTemplate(
  template: ScopedTemplate,
  { readData, shapeOf, edited }: LoadOptions,
  diagnostics: Diagnostics,
): Promise<EvaluatedTemplate> {
  const { baseScope } = template;
  const prerequisites = readPrerequisites(blocksOfType(template, "local", "locals", "data"), diagnostics);
  const options = { readData, shapeOf: (type: string) => shapeOf?.("data", type) ?? {} };
  const evaluated = await evaluatePrerequisites(prerequisites, baseScope, options, diagnostics);
  const { values } = evaluated;
  if (!edited) registerSecretLocals(prerequisites, values, template.bodies);
  const source = objectValue([
    ["type", unknownValue(stringType)],
    ["name", unknownValue(stringType)],
  ]);
  const scope = makeVariableScope(
    [...baseScope.variables, ...prerequisiteVariables(values), ["source", source]],
    baseScope.functions,
  );
  return { ...template, prerequisites, ...evaluated, scope };
}
