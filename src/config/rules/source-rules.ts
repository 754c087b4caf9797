import type { CheckedOptions } from "../schema.ts";
import type { Findings } from "./findings.ts";
import { checkMappings } from "./mapping-rules.ts";

/** Where the root volume comes from, and what the other volumes are. */
export function checkSource(options: CheckedOptions, findings: Findings): void {
  if (options.from_scratch) checkFromScratch(options, findings);
  else if (options.source_omi === undefined && options.source_omi_filter === undefined) {
    findings.problem("source_omi", "is required", "or source_omi_filter, or from_scratch = true");
  }
  checkMappings(options, findings);
}

function checkFromScratch(options: CheckedOptions, findings: Findings): void {
  if (options.source_omi !== undefined || options.source_omi_filter !== undefined) {
    findings.warning("source_omi and source_omi_filter are not used with from_scratch = true");
  }
  const missing = (name: keyof CheckedOptions) => findings.problem(name, "is required with from_scratch");
  if (options.root_volume_size === undefined) missing("root_volume_size");
  if (options.pre_mount_commands.length === 0) missing("pre_mount_commands");
  if (options.root_device_name === undefined) missing("root_device_name");
  if (options.omi_block_device_mappings.length === 0) missing("omi_block_device_mappings");
  else checkRootMapping(options, findings);
}

/** Without this the OMI would be registered without the snapshot that was built. */
function checkRootMapping(options: CheckedOptions, findings: Findings): void {
  const { root_device_name: root, omi_block_device_mappings: mappings, root_volume_type: type } = options;
  if (root === undefined) return;
  const mapping = mappings.find(({ device_name }) => device_name === root);
  if (mapping === undefined) {
    const hint = `add a mapping with device_name = "${root}"`;
    findings.problem(
      "omi_block_device_mappings",
      `has no mapping of the root device "${root}", so the OMI would lack what was built`,
      hint,
    );
  } else if (type === "io1" && mapping.iops === undefined) {
    findings.problem("root_volume_type", '"io1" needs the iops of the volume', `set iops in the mapping of "${root}"`);
  }
}
