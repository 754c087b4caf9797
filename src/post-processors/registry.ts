import { didYouMean } from "../common/did-you-mean.ts";
import { ConfigError } from "../common/errors.ts";
import { artifice } from "./artifice/artifice.ts";
import { checksum } from "./checksum.ts";
import { compress } from "./compress/compress.ts";
import { manifest } from "./manifest/manifest.ts";
import type { PostProcessorType } from "./post-processor.ts";
import { shellLocal } from "./shell-local.ts";

/** Every type of post-processor, by its name in a template. */
export const postProcessorTypes: ReadonlyMap<string, PostProcessorType> = new Map(
  [manifest, checksum, compress, artifice, shellLocal].map((type) => [type.type, type]),
);

/**
 * The post-processor of a type.
 * @throws {ConfigError} when there is none
 */
export function findPostProcessorType(type: string): PostProcessorType {
  const found = postProcessorTypes.get(type);
  if (found) return found;
  const meant = didYouMean(type, postProcessorTypes.keys());
  const hint = meant
    ? `did you mean "${meant}"?`
    : "run the template through Packer with the plugin, which has all of Packer's";
  const known = [...postProcessorTypes.keys()].join(", ");
  throw new ConfigError([
    { option: "type", message: `there is no post-processor "${type}"; there are ${known}`, hint },
  ]);
}
