import { UsageError } from "../common/errors.ts";
import { secrets } from "../common/secrets.ts";
import { hclShapes } from "../config/hcl-shape.ts";
import type { Template } from "../definition/build-definition.ts";
import { type LoadOptions, loadTemplate } from "../template/load-template.ts";
import { BUILDER_TYPE } from "./builder-type.ts";
import { OMI_DATA_SOURCE, omiDataShape } from "./read-data-source.ts";

/** What says how a template is read, as the command line writes it. */
export interface TemplateFlagValues {
  readonly var: readonly string[];
  readonly "var-file": readonly string[];
  readonly only?: readonly string[];
  readonly except?: readonly string[];
  readonly "warn-on-undeclared-var"?: boolean | undefined;
}

/**
 * Reads the template and the builds that `-only` and `-except` leave. What is sensitive in it is never shown from here on.
 * @param readData Left out, what data sources give is not known
 * @throws {TemplateError} with every problem of the template
 * @throws {UsageError} when no build is left
 */
export async function loadBuilds(
  path: string,
  flags: TemplateFlagValues,
  env: NodeJS.ProcessEnv,
  readData?: LoadOptions["readData"],
): Promise<Template> {
  const template = await loadTemplate({ ...loadOptions(path, flags, env), ...(readData && { readData }) });
  for (const value of template.sensitiveValues) secrets.add(value);
  if (template.builds.length > 0) return template;
  const hint = "A template needs a build block with a source, and -only and -except must leave one";
  throw new UsageError("There is no build to run", { hint: template.warnings.join(" ") || hint });
}

/** How the flags say that a template is to be read. */
export function loadOptions(path: string, flags: TemplateFlagValues, env: NodeJS.ProcessEnv): LoadOptions {
  return {
    path,
    vars: flags.var.map(readVariable),
    varFiles: flags["var-file"],
    env,
    only: flags.only ?? [],
    except: flags.except ?? [],
    warnUndeclared: flags["warn-on-undeclared-var"] === true,
    shapeOf: (kind, type) => {
      if (kind === "source" && type === BUILDER_TYPE) return hclShapes;
      return kind === "data" && type === OMI_DATA_SOURCE ? omiDataShape : {};
    },
  };
}

function readVariable(text: string): { readonly name: string; readonly value: string } {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError(`-var must be NAME=VALUE, not "${text}"`);
  }
  return { name: name.trim(), value };
}
