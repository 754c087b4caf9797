import type { BuildDefinition } from "../definition/build-definition.ts";
import { isLate, lateContextOf, placeholderData } from "./late-values.ts";
import type { BuildIdentity } from "./provisioner.ts";
import { findProvisionerType } from "./registry.ts";

/**
 * The files and folders of this machine that the provisioners of a build read, as the template names them. One may be gone: a
 * build may remove what it has read.
 * @param data What the build has generated. Without it, paths that only the build knows are left out
 */
export function filesOfProvisioners(
  build: Pick<BuildDefinition, "provisioners">,
  identity: BuildIdentity,
  data: Readonly<Record<string, string>> = placeholderData,
): readonly string[] {
  const context = lateContextOf(identity, data);
  return build.provisioners
    .flatMap((one) => findProvisionerType(one.type).reads(one.evaluate(data), context))
    .flatMap(({ path }) => (path === undefined || isLate(path) ? [] : path));
}
