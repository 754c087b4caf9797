import { z } from "zod";
import { apiDeviceName, imageId, option, sizeGib, snapshotId, volumeType } from "../option.ts";
import { SOURCE_FIELDS, TAG_BLOCK_EXAMPLE, tagBlocks, tagMap } from "./tags.ts";

const filterBlock = z.strictObject({
  name: option(z.string().min(1, "must not be empty"), {
    about: "A filter's name, as in `filters`.",
    example: '"image-name"',
    required: true,
  }),
  value: option(z.string(), { about: "The filter's value.", example: '"Debian-12-*"', required: true }),
});

const sourceOmiFilter = z.strictObject({
  filters: option(z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}), {
    about:
      "What the OMI must be like: the API's filters in kebab case, in singular or plural (`image-name`, `boot-modes`), " +
      "and `name`, `owner-id`, `tag:KEY`. A list means any of its values. An unknown name is refused.",
    example: '{ image-name = "Debian-12-*", "tag:Stage" = "prod" }',
  }),
  filter: option(z.array(filterBlock).default([]), {
    about: "One more of `filters`, as a block.",
    example: '{\n  name  = "image-name"\n  value = "Debian-12-*"\n}',
    block: "repeated",
  }),
  owners: option(z.array(z.string()).default([]), {
    about:
      "Whose OMIs count: account ids, account aliases such as `Outscale`, and `self`. Required, for safety, unless a " +
      "filter names the owner or the image (`account-id`, `account-alias`, `owner-id`, `image-id`) or `source_omi` does.",
    example: '["Outscale"]',
  }),
  most_recent: option(z.boolean().default(false), {
    about: "Takes the newest OMI when several match. Otherwise that is an error.",
    example: "true",
  }),
});

const blockDeviceMapping = z.strictObject({
  device_name: option(apiDeviceName, {
    about: "The device name in VMs of the OMI: `/dev/sda1` for the root volume, else such as `/dev/xvdb`.",
    example: '"/dev/xvdb"',
    required: true,
  }),
  delete_on_vm_deletion: option(z.boolean().optional(), {
    about: "Whether the volume is deleted with its VM.",
    example: "true",
    defaultText: "the source OMI's for this device; `false` for a new one",
  }),
  iops: option(z.int().min(1, "must be at least 1").max(13_000, "must be at most 13000").optional(), {
    about: "I/O operations per second of an `io1` volume, at most 300 per GiB. Refused for other types.",
    example: "1500",
  }),
  no_device: option(z.boolean().default(false), {
    about: "Leaves out this device of the source OMI.",
    example: "true",
  }),
  snapshot_id: option(snapshotId.optional(), {
    about: "The snapshot that the volume starts from.",
    example: '"snap-1a2b3c4d"',
  }),
  virtual_name: option(
    z
      .string()
      .regex(/^ephemeral\d+$/, 'must be "ephemeralN"')
      .optional(),
    {
      about: "An ephemeral disk (`ephemeral0`) in place of a volume. Nothing else of the mapping may then be set.",
      example: '"ephemeral0"',
    },
  ),
  volume_size: option(sizeGib.optional(), {
    about: "The size in GiB, at most 14901.",
    example: "100",
    defaultText: "the snapshot's",
    required: "without `snapshot_id`, for a new volume that is not the root",
  }),
  volume_type: option(volumeType.optional(), {
    about: "`standard`, `gp2` or `io1`.",
    example: '"gp2"',
    defaultText: "the source OMI's for this device; `standard`, the service's own, for a new one",
  }),
});

/** What the build starts from: an OMI or nothing, and the volumes. */
export const sourceOptions = {
  source_omi: option(imageId.optional(), {
    about: "The OMI to start from. With `source_omi_filter`, it must also pass the filter.",
    example: '"ami-1a2b3c4d"',
    required: "unless `source_omi_filter` or `from_scratch` is given",
  }),
  source_omi_filter: option(sourceOmiFilter.optional(), {
    about: "Finds the OMI to start from. Only OMIs that are `available` count.",
    example: '{\n  filters     = { image-name = "Debian-12-*" }\n  owners      = ["Outscale"]\n  most_recent = true\n}',
    block: "single",
  }),
  from_scratch: option(z.boolean().default(false), {
    about:
      "Starts from an empty volume. Then `root_volume_size`, `pre_mount_commands`, `root_device_name` and a mapping of " +
      "that device in `omi_block_device_mappings` are required, and `source_omi` is not used.",
    example: "true",
  }),
  root_volume_size: option(sizeGib.optional(), {
    about:
      "The size of the root volume in GiB. More than the source OMI's: the root partition and its file system grow. " +
      "Less is refused.",
    example: "20",
    defaultText: "the source OMI's",
    required: "with `from_scratch`",
  }),
  root_volume_type: option(volumeType.optional(), {
    about:
      "The type of the root volume, in the build and in the OMI. `io1` takes its `iops` from the root device's mapping " +
      "in `omi_block_device_mappings`, or from a source OMI that is `io1` too.",
    example: '"gp2"',
    defaultText: "the source OMI's; `gp2` with `from_scratch`",
  }),
  root_volume_tags: option(tagMap, {
    about: "Tags of the volume while the build runs. Keys and values are templates.",
    example: '{ Purpose = "baking {{.SourceOMIName}}" }',
    lateFields: SOURCE_FIELDS,
  }),
  root_volume_tag: option(tagBlocks, {
    about: "One more of `root_volume_tags`, as a block.",
    example: TAG_BLOCK_EXAMPLE,
    lateFields: SOURCE_FIELDS,
    block: "repeated",
  }),
  root_device_name: option(apiDeviceName.optional(), {
    about: "The root device's name in VMs of the OMI. With a source OMI it must be that one's.",
    example: '"/dev/sda1"',
    defaultText: "the source OMI's",
    required: "with `from_scratch`",
  }),
  omi_block_device_mappings: option(z.array(blockDeviceMapping).default([]), {
    about:
      "Volumes of VMs of the OMI. With a source OMI they are merged over its mappings by `device_name`. " +
      "The root device's mapping always carries the snapshot that was built.",
    example:
      '{\n  device_name           = "/dev/xvdb"\n  volume_size           = 100\n  delete_on_vm_deletion = true\n}',
    block: "repeated",
  }),
} as const;
