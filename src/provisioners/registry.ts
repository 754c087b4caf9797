import { didYouMean } from "../common/did-you-mean.ts";
import { ConfigError } from "../common/errors.ts";
import { ansible } from "./ansible/ansible.ts";
import { breakpoint } from "./breakpoint.ts";
import { file } from "./file/file.ts";
import { hcpSbom } from "./hcp-sbom.ts";
import type { ProvisionerType } from "./provisioner.ts";
import { shell } from "./shell/shell.ts";
import { shellLocal } from "./shell-local/shell-local.ts";
import { sleep } from "./sleep.ts";

/** Every type of provisioner, by its name in a template. */
export const provisionerTypes: ReadonlyMap<string, ProvisionerType> = new Map(
  [shell, file, shellLocal, ansible, sleep, breakpoint, hcpSbom].map((type) => [type.type, type]),
);

/**
 * The provisioner of a type.
 * @throws {ConfigError} when there is none
 */
export function findProvisionerType(type: string): ProvisionerType {
  const found = provisionerTypes.get(type);
  if (found) return found;
  const meant = didYouMean(type, provisionerTypes.keys());
  const hint = meant
    ? `did you mean "${meant}"?`
    : "run the template through Packer with the plugin, which has all of Packer's";
  const known = [...provisionerTypes.keys()].join(", ");
  throw new ConfigError([{ option: "type", message: `there is no provisioner "${type}"; there are ${known}`, hint }]);
}
