import { secrets } from "../common/secrets.ts";
import { loadTemplate } from "../template/load-template.ts";
import type { FlagValues } from "./flags.ts";
import { type SelectedBuild, selectBuilds } from "./select-builds.ts";
import type { templateFlags } from "./template-flags.ts";

export interface LoadedBuilds {
  readonly builds: readonly SelectedBuild[];
  /** The files of the template, in order. */
  readonly files: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Reads the template and chooses the builds. What is sensitive in it is never shown from here on.
 * @throws {TemplateError} with every problem of the template
 * @throws {UsageError} when no build is left
 */
export async function loadBuilds(
  path: string,
  flags: FlagValues<typeof templateFlags>,
  env: NodeJS.ProcessEnv,
): Promise<LoadedBuilds> {
  const template = await loadTemplate(path, { variables: flags.var, variableFiles: flags["var-file"], env });
  for (const value of template.sensitiveValues) secrets.add(value);
  return {
    builds: selectBuilds(template.builds, { only: flags.only, except: flags.except }),
    files: template.files,
    warnings: template.warnings,
  };
}
