import { z } from "zod";
import { accessOptions } from "./options/access.ts";
import { chrootOptions } from "./options/chroot.ts";
import { engineOptions } from "./options/engine.ts";
import { omiOptions } from "./options/omi.ts";
import { packerOptions } from "./options/packer.ts";
import { regionOptions } from "./options/regions.ts";
import { sourceOptions } from "./options/source.ts";
import { unchangedOptions } from "./options/unchanged.ts";

/** The options by subject, in the order of the reference. */
export const optionGroups = {
  "What the build starts from": sourceOptions,
  "The OMI": omiOptions,
  "Other regions": regionOptions,
  "Mounting and the chroot": chrootOptions,
  "Access to the API": accessOptions,
  "Waiting and checking": engineOptions,
  "Not building again": unchangedOptions,
  "What Packer passes": packerOptions,
} as const;

/**
 * Every option of the builder, with its type, default and meaning: the one source of the types, the validation, the JSON
 * Schema, the reference and the HCL spec.
 */
export const configSchema = z.strictObject({
  ...sourceOptions,
  ...omiOptions,
  ...regionOptions,
  ...chrootOptions,
  ...accessOptions,
  ...engineOptions,
  ...unchangedOptions,
  ...packerOptions,
});

/** The options without those that others stand for in the end, such as `tag` for `tags`: what steps read. */
export const stepSchema = configSchema.omit({
  copy_files: true,
  global_permission: true,
  isolation: true,
  metadata_endpoint: true,
  mfa_code: true,
  omi_groups: true,
  omi_product_codes: true,
  omi_regions: true,
  omi_virtualization_type: true,
  packer_force: true,
  root_volume_tag: true,
  snapshot_groups: true,
  snapshot_tag: true,
  source_omi_filter: true,
  tag: true,
  token: true,
  vm_id: true,
});
/** What steps read, still in the user's spelling. */
export type StepOptions = z.output<typeof stepSchema>;

/** The raw configuration, as a template or a program gives it: snake_case, everything optional, nothing checked. */
export interface FlatConfig extends z.input<typeof configSchema> {}

/** The options after their own checks, still in the user's spelling. */
export type CheckedOptions = z.output<typeof configSchema>;
export type OptionName = keyof CheckedOptions;
export const optionNames = Object.keys(configSchema.shape) as readonly OptionName[];
