import type { ConfigProblem } from "../common/errors.ts";
import type { BuildDefinition, ProvisionerDefinition } from "../definition/build-definition.ts";
import { describePlace } from "./describe-place.ts";
import { lateContextOf, placeholderData } from "./late-values.ts";
import { problemsOf } from "./problems-of.ts";
import type { BuildIdentity } from "./provisioner.ts";
import { findProvisionerType, provisionerTypes } from "./registry.ts";

/**
 * Checks every provisioner of a build before anything is created, with what is known: `build.*` has placeholders.
 *
 * @returns The problems of all, each option with its place: `provisioner "shell" (web.pkr.hcl:12): inline`
 */
export function checkProvisioners(
  build: Pick<BuildDefinition, "provisioners" | "errorCleanupProvisioner">,
  identity: BuildIdentity,
): readonly ConfigProblem[] {
  const context = lateContextOf(identity, placeholderData);
  const check = (kind: string, definition: ProvisionerDefinition) =>
    problemsOf(
      { place: describePlace(kind, definition), location: definition.location },
      () => definition.evaluate(placeholderData),
      (options) => findProvisionerType(definition.type).prepare(options, context),
    );
  const cleanup = build.errorCleanupProvisioner;
  return [
    ...build.provisioners.flatMap((definition) => check("provisioner", definition)),
    ...(cleanup ? check("error-cleanup-provisioner", cleanup) : []),
  ];
}

/** What the types of a build's provisioners warn of, each with its place. */
export function provisionerWarnings(
  build: Pick<BuildDefinition, "provisioners" | "errorCleanupProvisioner">,
): readonly string[] {
  const cleanup = build.errorCleanupProvisioner;
  return [...build.provisioners, ...(cleanup ? [cleanup] : [])].flatMap((definition) => {
    const warning = provisionerTypes.get(definition.type)?.warning;
    return warning === undefined ? [] : [`${describePlace("provisioner", definition)}: ${warning}`];
  });
}
