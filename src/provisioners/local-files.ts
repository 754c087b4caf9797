import type { BuildDefinition, ProvisionerDefinition } from "../definition/build-definition.ts";
import { isRawList, type RawConfig, type RawValue } from "../definition/raw-value.ts";
import { isLate, lateContextOf, placeholderData } from "./late-values.ts";
import type { BuildIdentity, LocalFile } from "./provisioner.ts";
import { provisionerTypes } from "./registry.ts";

/** A file of this machine that a provisioner of a build names. */
export interface NamedFile extends LocalFile {
  readonly provisioner: ProvisionerDefinition;
}

type Provisioned = Pick<BuildDefinition, "provisioners" | "errorCleanupProvisioner">;

/**
 * The files of this machine that the provisioners of a build name. A path with something in it that only the build knows
 * is left out.
 */
export function namedFiles(build: Provisioned, identity: BuildIdentity): readonly NamedFile[] {
  const context = lateContextOf(identity, placeholderData);
  return allOf(build).flatMap((provisioner) => {
    const files =
      provisionerTypes.get(provisioner.type)?.localFiles(provisioner.evaluate(placeholderData), context) ?? [];
    return files.filter(({ path }) => !isLate(path)).map((file) => ({ ...file, provisioner }));
  });
}

function allOf({ provisioners, errorCleanupProvisioner: cleanup }: Provisioned): readonly ProvisionerDefinition[] {
  return cleanup ? [...provisioners, cleanup] : provisioners;
}

/**
 * The build with every file that its provisioners read where it lies on this machine: the template was written on another.
 * @param locate Gives the place of an absolute path, or of one from the working folder
 */
export function relocateFiles(
  build: BuildDefinition,
  identity: BuildIdentity,
  locate: (path: string) => string,
): BuildDefinition {
  const relocate = (definition: ProvisionerDefinition): ProvisionerDefinition => ({
    ...definition,
    evaluate(data) {
      const raw = definition.evaluate(data);
      const files = provisionerTypes.get(definition.type)?.localFiles(raw, lateContextOf(identity, data)) ?? [];
      return files.reduce((options, file) => relocated(options, file, locate), raw);
    },
  });
  const { provisioners, errorCleanupProvisioner: cleanup } = build;
  return {
    ...build,
    provisioners: provisioners.map(relocate),
    errorCleanupProvisioner: cleanup && relocate(cleanup),
  };
}

function relocated(
  options: RawConfig,
  { option, index, path, put = (another) => another }: LocalFile,
  locate: (path: string) => string,
): RawConfig {
  const place = locate(path);
  const value = options[option];
  if (place === path || value === undefined) return options;
  const within = (item: RawValue) => (typeof item === "string" ? put(place, item) : place);
  if (index === undefined || !isRawList(value)) return { ...options, [option]: within(value) };
  return { ...options, [option]: value.map((item, at) => (at === index ? within(item) : item)) };
}
