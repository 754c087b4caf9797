import { didYouMean } from "../common/did-you-mean.ts";
import type { ConfigProblem } from "../common/errors.ts";

/** Names that the documentation of the original uses, or that its relatives have, and that its code refuses. */
const otherNames: Readonly<Record<string, string>> = {
  ami_name: "omi_name",
  ami_description: "omi_description",
  ami_users: "omi_account_ids",
  ami_virtualization_type: "omi_virtualization_type",
  ami_block_device_mappings: "omi_block_device_mappings",
  boot_mode: "omi_boot_modes",
  delete_on_termination: "delete_on_vm_deletion",
  nvme_mount_path: "nvme_device_path",
  source_ami: "source_omi",
  source_ami_filter: "source_omi_filter",
};

/**
 * The problem of an option that does not exist, with the one that was probably meant.
 * @param path Where it stands; the last part is its name
 * @param shape The options that exist there
 */
export function unknownOption(path: string, shape: Readonly<Record<string, unknown>>): ConfigProblem {
  const name = path.slice(path.lastIndexOf(".") + 1);
  const other = otherNames[name];
  const meant = other !== undefined && Object.hasOwn(shape, other) ? other : didYouMean(name, Object.keys(shape));
  return { option: path, message: "is not an option", hint: meant && `did you mean "${meant}"?` };
}
