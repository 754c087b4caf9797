import { resolve } from "node:path";
import { ConfigError, type ConfigProblem, ProvisionError } from "../../common/errors.ts";
import { findProgram } from "../../host/program-path.ts";
import { installHint } from "../../host/system-programs.ts";
import { hclTypesOf, integer, text } from "../../provisioners/option-types.ts";
import { type OptionsOf, readOptions } from "../../provisioners/read-options.ts";
import type { Artifact } from "../artifact.ts";
import { FileArtifact } from "../file-artifact.ts";
import { holds } from "../holds.ts";
import type { PostProcessed, PostProcessorInput, PostProcessorType } from "../post-processor.ts";
import { type ArchiveFormat, archiveFormat, FORMATS } from "./format.ts";
import { pack, programsFor } from "./pack.ts";

/** @see https://developer.hashicorp.com/packer/docs/post-processors/compress */
export const compressShape = {
  output: text().optional(),
  format: text().optional(),
  compression_level: integer().default(-1),
};
type CompressOptions = OptionsOf<typeof compressShape>;

const DEFAULT_OUTPUT = "packer_{{.BuildName}}_{{.BuilderType}}";
const MAX_LEVEL = 9;

/** Puts the artifact's files into an archive, or compresses the one that it has. */
export const compress: PostProcessorType = {
  type: "compress",
  hclTypes: hclTypesOf(compressShape),
  files: "needs",
  prepare(raw, context) {
    const options = readOptions(compressShape, raw, context, ["output"]);
    const format = archiveFormat(options.output || DEFAULT_OUTPUT, options.format);
    const problems = [...checkOptions(options), ...checkPrograms(format)];
    if (problems.length > 0) throw new ConfigError(problems);
    return { run: (artifact, input) => compressFiles(options, format, artifact, input) };
  },
};

function checkOptions({ format, compressionLevel }: CompressOptions): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (format && !FORMATS.includes(format)) {
    problems.push({ option: "format", message: `there is no format "${format}"; there are ${FORMATS.join(", ")}` });
  }
  if (compressionLevel < -1) {
    problems.push({ option: "compression_level", message: "must be from 1 to 9, or -1 for the usual one" });
  }
  return problems;
}

/** Better missed now than when everything is built. */
function checkPrograms(format: ArchiveFormat): readonly ConfigProblem[] {
  const missing = programsFor(format).filter((name) => findProgram(name) === undefined);
  return missing.map((name) => ({
    option: "format",
    message: `needs the program "${name}", which is not installed`,
    hint: installHint([name]),
    isOfMachine: true,
  }));
}

async function compressFiles(
  options: CompressOptions,
  format: ArchiveFormat,
  { files }: Artifact,
  { build, render, ui, local, signal }: PostProcessorInput,
): Promise<PostProcessed> {
  const { buildName, buildType } = build;
  const target = render(options.output || DEFAULT_OUTPUT, { BuildName: buildName, BuilderType: buildType });
  if (format.archive === undefined && files.length !== 1) {
    const hint = 'tar and zip take several: output = "NAME.tar.gz"';
    throw new ProvisionError(`Only one file can be compressed without an archive, not ${files.length}`, { hint });
  }
  const around = files.find((file) => holds(file, target));
  if (around !== undefined) {
    const where =
      resolve(around) === resolve(target) ? "over one of its own files" : `into what it is made of, "${around}"`;
    const hint = "output is to lie elsewhere: what an archive was made of goes when it is there";
    throw new ProvisionError(`The archive "${target}" would be written ${where}`, { hint });
  }
  const how = [format.archive, format.algorithm].filter((each) => each !== undefined).join(", ");
  ui.say(`Compressing ${files.join(", ")} to ${target} (${how})`);
  const asked = Math.min(options.compressionLevel, MAX_LEVEL);
  await pack(files, target, { format, level: asked > 0 ? asked : undefined, local, signal });
  ui.say(`Archive ${target} completed`);
  const builderId = "packer.post-processor.compress";
  const artifact = new FileArtifact({ builderId, files: [target], title: "compressed artifacts in" });
  return { artifact, keepsInput: false };
}
