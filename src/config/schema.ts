import { z } from "zod";
import { accessOptions } from "./options/access.ts";
import { chrootOptions } from "./options/chroot.ts";
import { engineOptions } from "./options/engine.ts";
import { omiOptions } from "./options/omi.ts";
import { packerOptions } from "./options/packer.ts";
import { sourceOptions } from "./options/source.ts";

/** The options by subject, in the order of the reference. */
export const optionGroups = {
  "What the build starts from": sourceOptions,
  "The OMI": omiOptions,
  "Mounting and the chroot": chrootOptions,
  "Access to the API": accessOptions,
  "Waiting and checking": engineOptions,
  "What Packer passes": packerOptions,
} as const;

/**
 * Every option of the builder, with its type, default and meaning: the one source of the types, the validation, the JSON
 * Schema, the reference and the HCL spec.
 */
export const configSchema = z.strictObject({
  ...sourceOptions,
  ...omiOptions,
  ...chrootOptions,
  ...accessOptions,
  ...engineOptions,
  ...packerOptions,
});

/** The raw configuration, as a template or a program gives it: snake_case, everything optional, nothing checked. */
export type FlatConfig = z.input<typeof configSchema>;

/** The options after their own checks, still in the user's spelling. */
export type CheckedOptions = z.output<typeof configSchema>;
export type OptionName = keyof CheckedOptions;
export const optionNames = Object.keys(configSchema.shape) as readonly OptionName[];
