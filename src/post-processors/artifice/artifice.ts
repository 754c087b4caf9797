import { ConfigError, type ConfigProblem, ProvisionError } from "../../common/errors.ts";
import { isLate } from "../../provisioners/late-values.ts";
import { hclTypesOf, texts } from "../../provisioners/option-types.ts";
import { readOptions } from "../../provisioners/read-options.ts";
import { FileArtifact } from "../file-artifact.ts";
import type { PostProcessorType } from "../post-processor.ts";
import { isPathPattern, matchPaths } from "./match-paths.ts";

/** @see https://developer.hashicorp.com/packer/docs/post-processors/artifice */
export const artificeShape = { files: texts().default([]) };

/** Makes files of this machine the artifact, in place of the OMI. */
export const artifice: PostProcessorType = {
  type: "artifice",
  hclTypes: hclTypesOf(artificeShape),
  files: "makes",
  prepare(raw, context) {
    const { files: patterns } = readOptions(artificeShape, raw, context);
    const problems = checkPatterns(patterns);
    if (problems.length > 0) throw new ConfigError(problems);
    return {
      async run(artifact, { ui }) {
        const files = patterns.flatMap(matchesOf);
        if (artifact.files.length > 0) ui.say(`Discarding files from artifact: ${artifact.files.join(", ")}`);
        ui.say(`Using these artifact files: ${files.join(", ")}`);
        const builderId = "packer.post-processor.artifice";
        const made = new FileArtifact({ builderId, files, title: "Created artifact from files" });
        return { artifact: made, keepsInput: true };
      },
    };
  },
};

function checkPatterns(patterns: readonly string[]): readonly ConfigProblem[] {
  if (patterns.length === 0)
    return [{ option: "files", message: "is required: the files that are to be the artifact" }];
  const broken = patterns.filter((pattern) => !isLate(pattern) && !isPathPattern(pattern));
  return broken.map((pattern) => ({ option: "files", message: `"${pattern}" is no pattern of file names` }));
}

/** Packer makes nothing of a pattern without matches; whoever goes on with no files finds out much later, if at all. */
function matchesOf(pattern: string): readonly string[] {
  const found = matchPaths(pattern);
  if (found.length > 0) return found;
  const hint = 'Provisioners make them: shell-local, or file with direction = "download"';
  throw new ProvisionError(`No file matches "${pattern}"`, { hint });
}
