import { z } from "zod";
import { accountId, option } from "../option.ts";
import { SOURCE_FIELDS, TAG_BLOCK_EXAMPLE, tagBlocks, tagMap } from "./tags.ts";

const group = z.literal("all");

/** The OMI that comes out, and who may use it. */
export const omiOptions = {
  omi_name: option(z.string().default(""), {
    about:
      "The name of the new OMI, unique in the account: 3 to 128 letters, digits, spaces and `_ ( ) / . -`. " +
      "It may use the source OMI: `{{.SourceOMIName}}`.",
    example: '"web-{{isotime \\"2006-01-02\\"}}"',
    required: true,
    lateFields: SOURCE_FIELDS,
  }),
  omi_description: option(z.string().optional(), {
    about: "The description of the new OMI.",
    example: '"Built from {{.SourceOMIName}}"',
    defaultText: "the source OMI's",
    lateFields: SOURCE_FIELDS,
  }),
  omi_virtualization_type: option(z.enum(["hvm", "paravirtual"]).default("hvm"), {
    about: "`hvm`, the only kind that the service runs. `paravirtual` is refused.",
    example: '"hvm"',
  }),
  omi_account_ids: option(z.array(accountId).default([]), {
    about: "Accounts that may launch the OMI besides its owner.",
    example: '["123456789012"]',
  }),
  omi_groups: option(z.array(group).default([]), {
    about: 'With `"all"`, everybody may launch the OMI: the same as `global_permission`.',
    example: '["all"]',
  }),
  global_permission: option(z.boolean().default(false), {
    about: "Makes the OMI public: every account may launch it.",
    example: "true",
  }),
  omi_product_codes: option(z.array(z.string()).default([]), {
    about: "The same as `product_codes`; what is given in both is joined.",
    example: '["0001"]',
  }),
  product_codes: option(z.array(z.string()).default([]), {
    about: "Product codes of the OMI, in place of the source OMI's.",
    example: '["0001"]',
    defaultText: "the source OMI's",
  }),
  omi_boot_modes: option(z.array(z.enum(["legacy", "uefi"])).default([]), {
    about: "How VMs of the OMI may boot, in place of the source OMI's boot modes.",
    example: '["uefi"]',
    defaultText: "the source OMI's; `[\"legacy\"]`, the service's own, with `from_scratch`",
  }),
  tags: option(tagMap, {
    about: "Tags of the OMI and of its root snapshot. Keys and values are templates.",
    example: '{ Name = "web", Base = "{{.SourceOMI}}" }',
    lateFields: SOURCE_FIELDS,
  }),
  tag: option(tagBlocks, {
    about: "One more of `tags`, as a block that `dynamic` can repeat.",
    example: TAG_BLOCK_EXAMPLE,
    lateFields: SOURCE_FIELDS,
    block: "repeated",
  }),
  snapshot_tags: option(tagMap, {
    about: "Tags of the root snapshot; they win over `tags` there.",
    example: '{ Keep = "90 days" }',
    lateFields: SOURCE_FIELDS,
  }),
  snapshot_tag: option(tagBlocks, {
    about: "One more of `snapshot_tags`, as a block.",
    example: TAG_BLOCK_EXAMPLE,
    lateFields: SOURCE_FIELDS,
    block: "repeated",
  }),
  snapshot_account_ids: option(z.array(accountId).default([]), {
    about: "Accounts that may create volumes from the root snapshot. Apart from `omi_account_ids`.",
    example: '["123456789012"]',
  }),
  snapshot_groups: option(z.array(group).default([]), {
    about: 'With `"all"`, everybody may create volumes from the root snapshot.',
    example: '["all"]',
  }),
  snapshot_description: option(z.string().optional(), {
    about: "The description of the root snapshot.",
    example: '"Root of web, built from {{.SourceOMI}}"',
    defaultText: "the OMI's name and the run's id",
    lateFields: SOURCE_FIELDS,
  }),
  force_deregister: option(z.boolean().default(false), {
    about:
      "Replaces the account's own OMI that has this name. The old one goes last, " +
      "and comes back if the new one cannot be registered. `-force` sets it.",
    example: "true",
  }),
  force_delete_snapshot: option(z.boolean().default(false), {
    about: "Deletes the replaced OMI's own snapshots too, if nothing else uses them.",
    example: "true",
  }),
  skip_create_omi: option(z.boolean().default(false), {
    about: "Builds and checks everything, but takes no snapshot and registers no OMI. For trying a template.",
    example: "true",
  }),
} as const;
