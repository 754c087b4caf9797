import { ConfigError, type ConfigProblem } from "../common/errors.ts";
import type { Location } from "../common/location.ts";
import type { BuildDefinition } from "../definition/build-definition.ts";
import { diagnosticLine } from "../hcl/source/diagnostic.ts";
import { type ExaminedTemplate, examineTemplate } from "../template/examine-template.ts";
import type { EditedTemplate } from "../template/load-template.ts";
import { BUILDER_TYPE } from "./builder-type.ts";
import { shapeOf } from "./option-shapes.ts";
import { checkBuilds } from "./prepare-builds.ts";

export interface ExamineInput {
  readonly template: EditedTemplate;
  /** Files of values besides those that a folder has by itself. */
  readonly variableFiles: readonly string[];
}

/** Something about a build, by the place that is known of it. */
export interface BuildRemark {
  readonly severity: "error" | "warning";
  readonly message: string;
  /** Of the option, or of the block that has it. */
  readonly location: Location | undefined;
  /** The option that is meant, where only its block is known: `inline`. */
  readonly option?: string;
}

/** What can be said of a template that is being written, and of the builds that it defines. */
export interface Examination extends Pick<ExaminedTemplate, "diagnostics" | "declared"> {
  readonly remarks: readonly BuildRemark[];
}

/**
 * Looks at a template that is being written as `validate()` does: the language, and the options of every build. What is
 * not known is not judged, and nothing of the machine or the account is read.
 */
export async function examine({ template, variableFiles }: ExamineInput): Promise<Examination> {
  const options = {
    path: template.root,
    env: {},
    cwd: template.root,
    varFiles: variableFiles,
    edited: template,
    shapeOf,
  };
  const { builds, diagnostics, declared } = await examineTemplate(options);
  const ours = builds.filter(({ type }) => type === BUILDER_TYPE);
  const others = builds.filter(({ type }) => type !== BUILDER_TYPE);
  // What an expression of a provisioner has said is said again when its options are checked.
  const said = diagnostics.map(diagnosticLine);
  const remarks = checkOwn(ours).filter(({ message }) => !said.some((line) => message.includes(line)));
  return { diagnostics, declared, remarks: [...others.map(foreignBuild), ...remarks] };
}

function foreignBuild(definition: BuildDefinition): BuildRemark {
  const message = `"${definition.type}" is not built here, only "${BUILDER_TYPE}": leave it to Packer`;
  return { severity: "warning", message, location: definition.locate("") };
}

/** What several builds of one source have in common is said once. */
function checkOwn(builds: readonly BuildDefinition[]): readonly BuildRemark[] {
  const remarks = builds.flatMap(checkOne);
  return [...new Map(remarks.map((remark) => [JSON.stringify(remark), remark])).values()];
}

function checkOne(definition: BuildDefinition): readonly BuildRemark[] {
  try {
    const { prepared } = checkBuilds([definition], { builder: { env: {} } });
    const warnings = prepared.flatMap(({ prepared: { warnings: texts } }) => texts);
    return warnings.map((message) => ({ severity: "warning", message, location: definition.locate("") }));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.filter(({ isOfMachine }) => !isOfMachine).map((problem) => remarkOf(problem, definition));
  }
}

function remarkOf({ option, message, hint, block }: ConfigProblem, definition: BuildDefinition): BuildRemark {
  const text = `${message}${hint === undefined ? "" : ` (${hint})`}`;
  if (block === undefined) {
    return { severity: "error", message: `${option}: ${text}`, location: definition.locate(option) };
  }
  // `provisioner "shell" (web.pkr.hcl:12): inline`: an editor shows the place itself.
  const own = /\): ([^:]+)$/.exec(option)?.[1];
  return { severity: "error", message: own ? `${own}: ${text}` : text, location: block, ...(own && { option: own }) };
}
