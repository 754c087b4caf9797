import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { isErrno } from "../../common/errno.ts";
import { ConfigError } from "../../common/errors.ts";
import { isLate } from "../../provisioners/late-values.ts";
import { flag, hclTypesOf, text, textMap } from "../../provisioners/option-types.ts";
import { type OptionsOf, readOptions } from "../../provisioners/read-options.ts";
import type { Artifact } from "../artifact.ts";
import type { PostProcessorInput, PostProcessorType } from "../post-processor.ts";
import { outputProblem } from "./check-output.ts";
import { addToManifest, type ManifestBuild } from "./manifest-file.ts";

/** @see https://developer.hashicorp.com/packer/docs/post-processors/manifest */
export const manifestShape = {
  output: text().optional(),
  strip_path: flag().default(false),
  strip_time: flag().default(false),
  custom_data: textMap().optional(),
};
const DEFAULT_OUTPUT = "packer-manifest.json";
type ManifestOptions = OptionsOf<typeof manifestShape>;

/** Records the artifact in a JSON file. */
export const manifest: PostProcessorType = {
  type: "manifest",
  hclTypes: hclTypesOf(manifestShape),
  prepare(raw, context) {
    const options = readOptions(manifestShape, raw, context);
    const output = options.output || DEFAULT_OUTPUT;
    const problem = isLate(output) ? undefined : outputProblem(output);
    if (problem !== undefined) throw new ConfigError([{ option: "output", message: problem, isOfMachine: true }]);
    return {
      async run(artifact, input) {
        await record(options, artifact, input);
        return undefined;
      },
    };
  },
};

async function record(options: ManifestOptions, artifact: Artifact, input: PostProcessorInput): Promise<void> {
  const build: ManifestBuild = {
    name: input.build.buildName,
    builder_type: input.build.buildType,
    ...(options.stripTime ? {} : { build_time: Math.floor(input.clock.now() / 1000) }),
    files: await describeFiles(artifact.files, options.stripPath),
    artifact_id: artifact.id,
    packer_run_uuid: input.runUuid,
    custom_data: sortKeys(options.customData),
  };
  await addToManifest(options.output || DEFAULT_OUTPUT, build, input);
}

/** Null when there are no files, and a size of 0 for one that is gone: so does Packer. */
async function describeFiles(paths: readonly string[], isStripped: boolean): Promise<ManifestBuild["files"]> {
  if (paths.length === 0) return null;
  return Promise.all(
    paths.map(async (path) => ({ name: isStripped ? basename(path) : path, size: await sizeOf(path) })),
  );
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return 0;
    throw error;
  }
}

function sortKeys(data: Readonly<Record<string, string>> | undefined): Record<string, string> | null {
  return data ? Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1))) : null;
}
