import { UsageError } from "../common/errors.ts";
import type { Template } from "../definition/build-definition.ts";
import { type LoadOptions, loadTemplate } from "../template/load-template.ts";
import { shapeOf } from "./option-shapes.ts";
import type { TemplateInput } from "./template-input.ts";

/**
 * Reads the template and the builds that `only` and `except` leave. What is sensitive in it is never shown from here on.
 * @param readData Left out, what data sources give is not known
 * @param onRead Told of every file that a function of the template reads, then or later
 * @throws {TemplateError} with every problem of the template
 * @throws {UsageError} when no build is left
 */
export async function loadBuilds(
  input: TemplateInput,
  readData?: LoadOptions["readData"],
  more: Pick<LoadOptions, "onRead" | "sameInEveryRun"> = {},
): Promise<Template> {
  const template = await loadTemplate({ ...loadOptions(input), ...more, ...(readData && { readData }) });
  if (template.builds.length > 0) return template;
  const hint = "A template needs a build block with a source, and -only and -except must leave one";
  throw new UsageError("There is no build to run", { hint: template.warnings.join(" ") || hint });
}

/** The input in the words of the language, with the shapes of what is built here. */
export function loadOptions(input: TemplateInput): LoadOptions {
  const {
    template,
    variables = {},
    variableFiles = [],
    only = [],
    except = [],
    onlyBuild,
    warnUndeclared = false,
    origin,
  } = input;
  return {
    path: template,
    vars: Object.entries(variables).map(([name, value]) => ({ name, value })),
    varFiles: variableFiles,
    env: origin?.env ?? input.env ?? process.env,
    ...(origin && { now: origin.now, locateFile: origin.locateFile }),
    ...(origin?.homeFolder && { homeFolder: origin.homeFolder }),
    only,
    except,
    onlyBuild,
    warnUndeclared,
    shapeOf,
  };
}
