import { ChrootError, type ConfigProblem } from "../common/errors.ts";
import type {
  BuildDefinition,
  PostProcessorDefinition,
  ProvisionerDefinition,
} from "../definition/build-definition.ts";
import { mapTexts } from "../definition/map-texts.ts";
import { renderOnce } from "../go-template/render.ts";
import { describePlace } from "./describe-place.ts";
import { connectionValuesIn, lateContextOf, placeholderData } from "./late-values.ts";
import type { BuildIdentity } from "./provisioner.ts";

/**
 * Finds what a build cannot give its provisioners and post-processors: `build.Host` and the other values of a connection
 * pass a check, as in Packer, but no build begins that would fail over them.
 */
export function checkConnectionValues(
  { provisioners, errorCleanupProvisioner, postProcessors }: BuildDefinition,
  identity: BuildIdentity,
): readonly ConfigProblem[] {
  const check = (kind: string, definition: ProvisionerDefinition | PostProcessorDefinition) => {
    const names = connectionValuesIn(renderedOptions(definition, identity));
    return names.map((name) => ({
      option: describePlace(kind, definition),
      message: `uses build.${name}, which has no value here: the image is entered with chroot, not over a connection`,
    }));
  };
  return [
    ...provisioners.flatMap((definition) => check("provisioner", definition)),
    ...(errorCleanupProvisioner ? check("error-cleanup-provisioner", errorCleanupProvisioner) : []),
    ...postProcessors.flat().flatMap((definition) => check("post-processor", definition)),
  ];
}

/** Texts such as `execute_command` have values that only their provisioner knows: they stay as written. */
function renderedOptions({ evaluate }: ProvisionerDefinition | PostProcessorDefinition, identity: BuildIdentity) {
  const context = lateContextOf(identity, placeholderData);
  return mapTexts(evaluate(placeholderData), (text) => {
    try {
      return renderOnce(text, context);
    } catch (error) {
      if (error instanceof ChrootError) return text;
      throw error;
    }
  });
}
