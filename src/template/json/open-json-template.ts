import { resolve } from "node:path";
import type { RenderContext } from "../../go-template/context.ts";
import { sameInEveryRun } from "../../go-template/same-in-every-run.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { SourceFile } from "../../hcl/source/source-file.ts";
import type { LoadOptions } from "../load-options.ts";
import { readSource } from "../read-template-files.ts";
import { registerUserSecrets } from "../template-secrets.ts";
import { checkLegacyTemplate } from "./check-legacy-template.ts";
import type { LegacyTemplate } from "./legacy-template.ts";
import { readLegacyTemplate } from "./read-legacy-template.ts";
import { type ResolvedVariables, resolveVariables } from "./user-variables.ts";
import { type Assignment, gatherAssignments } from "./variable-assignments.ts";

/** Whether a path is that of a JSON template of before HCL2, by its name. */
export function isJsonTemplate(path: string): boolean {
  return path.endsWith(".json") && !path.endsWith(".pkr.json");
}

/** A template that has been read, with what sets its variables. */
export interface OpenJsonTemplate {
  readonly source: SourceFile;
  readonly template: LegacyTemplate;
  readonly assignments: ReadonlyMap<string, Assignment>;
  /** What its `{{ }}` read, but for variables and the values of builds. */
  readonly context: RenderContext;
}

/** @throws {TemplateError} when it cannot be read at all; other problems are reported */
export function openJsonTemplate(options: LoadOptions, diagnostics: Diagnostics): OpenJsonTemplate | undefined {
  const source = readSource(options.path, diagnostics);
  const template = source && readLegacyTemplate(source, diagnostics);
  diagnostics.throwIfErrors();
  if (!source || !template) return undefined;
  const assignments = gatherAssignments(template.variables, options, diagnostics);
  return { source, template, assignments, context: templateContextOf(options) };
}

/** Checks an open template and gives the values of its variables; problems are reported. Nobody prints its secrets then. */
export function checkAndResolve(
  { source, template, assignments, context }: OpenJsonTemplate,
  env: LoadOptions["env"],
  diagnostics: Diagnostics,
): ResolvedVariables {
  checkLegacyTemplate(template, source, diagnostics);
  const variables = resolveVariables(template, assignments, { ...context, env }, diagnostics);
  registerUserSecrets(variables, template.sensitiveVariables, source);
  return variables;
}

function templateContextOf({ path, cwd, now, sameInEveryRun: isSame }: LoadOptions): RenderContext {
  return {
    templatePath: resolve(cwd ?? ".", path),
    ...(cwd === undefined ? {} : { workingFolder: resolve(cwd) }),
    ...(now === undefined ? {} : { now }),
    ...(isSame ? sameInEveryRun : {}),
  };
}
