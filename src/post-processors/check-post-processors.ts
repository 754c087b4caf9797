import type { ConfigProblem } from "../common/errors.ts";
import type { PostProcessorDefinition } from "../definition/build-definition.ts";
import { describePlace } from "../provisioners/describe-place.ts";
import { placeholderData, renderContextOf } from "../provisioners/late-values.ts";
import { problemsOf } from "../provisioners/problems-of.ts";
import type { BuildIdentity } from "../provisioners/provisioner.ts";
import { findPostProcessorType } from "./registry.ts";

/**
 * Checks every post-processor before anything is created.
 * @returns The problems, each option with its place: `post-processor "manifest" (web.pkr.hcl:40): output`
 */
export function checkPostProcessors(
  chains: readonly (readonly PostProcessorDefinition[])[],
  identity: BuildIdentity,
): readonly ConfigProblem[] {
  const context = renderContextOf(identity, placeholderData);
  return chains.flat().flatMap((definition) =>
    problemsOf(
      describePlace("post-processor", definition),
      () => definition.evaluate(placeholderData),
      (options) => findPostProcessorType(definition.type).prepare(options, context),
    ),
  );
}
