import type { ConfigProblem } from "../common/errors.ts";
import type { PostProcessorDefinition } from "../definition/build-definition.ts";
import { describePlace } from "../provisioners/describe-place.ts";
import { lateContextOf, placeholderData } from "../provisioners/late-values.ts";
import { problemsOf } from "../provisioners/problems-of.ts";
import type { BuildIdentity } from "../provisioners/provisioner.ts";
import { findPostProcessorType, postProcessorTypes } from "./registry.ts";

/**
 * Checks every post-processor before anything is created.
 * @returns The problems, each option with its place: `post-processor "manifest" (web.pkr.hcl:40): output`
 */
export function checkPostProcessors(
  chains: readonly (readonly PostProcessorDefinition[])[],
  identity: BuildIdentity,
): readonly ConfigProblem[] {
  const context = lateContextOf(identity, placeholderData);
  const problems = chains.flat().flatMap((definition) =>
    problemsOf(
      { place: describePlace("post-processor", definition), location: definition.location },
      () => definition.evaluate(placeholderData),
      (options) => findPostProcessorType(definition.type).prepare(options, context),
    ),
  );
  return [...problems, ...chains.flatMap(filelessProblems)];
}

/** Who works on files would have none, as an OMI is no file; Packer's `compress` then deletes the image for an empty archive. */
function filelessProblems(chain: readonly PostProcessorDefinition[]): readonly ConfigProblem[] {
  const kinds = chain.map(({ type }) => postProcessorTypes.get(type)?.files);
  const maker = kinds.indexOf("makes");
  return chain.flatMap((definition, index) => {
    if (kinds[index] !== "needs" || (maker >= 0 && maker < index)) return [];
    const option = describePlace("post-processor", definition);
    const hint = "put artifice before it in a post-processors block, or leave the source out with except";
    return [{ option, message: "works on files, and an OMI has none", hint, block: definition.location }];
  });
}

/** Whether a build's artifact stays when all its post-processors succeed. */
export function keepsArtifact(chains: readonly (readonly PostProcessorDefinition[])[]): boolean {
  const makers = chains.map((chain) => chain.find(({ type }) => postProcessorTypes.get(type)?.files === "makes"));
  return chains.length === 0 || makers.some((maker) => maker?.keepInputArtifact !== false);
}
