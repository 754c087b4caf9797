import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { appendFile, mkdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { ConfigError, ProvisionError } from "../common/errors.ts";
import { hclTypesOf, text, texts } from "../provisioners/option-types.ts";
import { type OptionsOf, readOptions } from "../provisioners/read-options.ts";
import type { Artifact } from "./artifact.ts";
import { FileArtifact } from "./file-artifact.ts";
import type { PostProcessed, PostProcessorInput, PostProcessorType } from "./post-processor.ts";

/** @see https://developer.hashicorp.com/packer/docs/post-processors/checksum */
export const checksumShape = {
  checksum_types: texts().optional(),
  output: text().optional(),
};
type ChecksumOptions = OptionsOf<typeof checksumShape>;

const ALGORITHMS = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];
const DEFAULT_OUTPUT = "packer_{{.BuildName}}_{{.BuilderType}}_{{.ChecksumType}}.checksum";

/** Writes checksums of the artifact's files. */
export const checksum: PostProcessorType = {
  type: "checksum",
  hclTypes: hclTypesOf(checksumShape),
  files: "needs",
  prepare(raw, context) {
    const options = readOptions(checksumShape, raw, context, ["output"]);
    const unknown = typesOf(options).filter((type) => !ALGORITHMS.includes(type));
    const problems = unknown.map((type) => ({
      option: "checksum_types",
      message: `there is no checksum "${type}"; there are ${ALGORITHMS.join(", ")}`,
    }));
    if (problems.length > 0) throw new ConfigError(problems);
    return { run: (artifact, input) => writeChecksums(options, artifact, input) };
  },
};

function typesOf({ checksumTypes }: ChecksumOptions): readonly string[] {
  return checksumTypes ?? ["md5"];
}

/** The new artifact has the files and their checksums, so the files must stay. */
async function writeChecksums(
  options: ChecksumOptions,
  { files }: Artifact,
  input: PostProcessorInput,
): Promise<PostProcessed> {
  const { buildName, buildType } = input.build;
  const written: string[] = [];
  for (const type of typesOf(options)) {
    const late = { BuildName: buildName, BuilderType: buildType, ChecksumType: type };
    const output = input.render(options.output || DEFAULT_OUTPUT, late);
    for (const file of files) {
      if (!existsSync(output)) written.push(output);
      await addLine(output, `${await hashOf(file, type, input.signal)}\t${basename(file)}\n`);
    }
  }
  if (written.length > 0) input.ui.message(`Wrote checksums: ${written.join(", ")}`);
  const builderId = "packer.post-processor.checksum";
  const artifact = new FileArtifact({
    builderId,
    files: [...files, ...written],
    title: "Created artifact from files",
  });
  return { artifact, keepsInput: true, mustKeepInput: true };
}

async function hashOf(file: string, type: string, signal: AbortSignal): Promise<string> {
  const hash = createHash(type);
  await pipeline(createReadStream(file), hash, { signal }).catch((cause: unknown) => {
    throw new ProvisionError(`Cannot read "${file}" for its checksum`, { cause });
  });
  return hash.digest("hex");
}

/** Adds to what is there, as Packer does: several builds may share one file. */
async function addLine(path: string, line: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await appendFile(path, line);
  } catch (cause) {
    throw new ProvisionError(`Cannot write the checksum file "${path}"`, { cause });
  }
}
