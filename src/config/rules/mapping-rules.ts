import { slotOf } from "../../common/device-slot.ts";
import type { CheckedOptions } from "../schema.ts";
import type { Findings } from "./findings.ts";

type Mapping = CheckedOptions["omi_block_device_mappings"][number];

/** @see CreateVolume in the OUTSCALE API: io1 volumes have at most 300 I/O operations per second and GiB */
const IOPS_PER_GIB = 300;

/** Each mapping by itself, and that no two are for the same device. */
export function checkMappings(options: CheckedOptions, findings: Findings): void {
  const slots = new Map<string, string>();
  options.omi_block_device_mappings.forEach((mapping, index) => {
    const path = `omi_block_device_mappings[${index}]`;
    const slot = slotOf(mapping.device_name);
    const other = slots.get(slot);
    if (other !== undefined) findings.problem(`${path}.device_name`, `"${mapping.device_name}" is taken by "${other}"`);
    slots.set(slot, mapping.device_name);
    checkMapping(options, mapping, path, findings);
  });
}

function checkMapping(options: CheckedOptions, mapping: Mapping, path: string, findings: Findings): void {
  const isRoot = mapping.device_name === options.root_device_name;
  for (const exclusive of ["no_device", "virtual_name"] as const) {
    if (!mapping[exclusive]) continue;
    const others = volumeOptions(mapping);
    if (others.length > 0) findings.problem(`${path}.${exclusive}`, `leaves no volume for ${others.join(", ")}`);
    if (isRoot)
      findings.problem(`${path}.${exclusive}`, "cannot be set for the root device, which carries what was built");
  }
  if (mapping.no_device && options.from_scratch) {
    findings.problem(`${path}.no_device`, "has nothing to leave out with from_scratch", "remove the mapping");
  }
  if (isRoot && mapping.snapshot_id !== undefined) {
    findings.problem(
      `${path}.snapshot_id`,
      "cannot be set for the root device, which carries the snapshot that is built",
    );
  }
  const isEmpty = mapping.volume_size === undefined && mapping.snapshot_id === undefined;
  if (options.from_scratch && !isRoot && isEmpty && !mapping.virtual_name && !mapping.no_device) {
    findings.problem(`${path}.volume_size`, "is required without snapshot_id");
  }
  checkIops(options, mapping, path, findings);
}

function volumeOptions(mapping: Mapping): string[] {
  const names = ["delete_on_vm_deletion", "iops", "snapshot_id", "volume_size", "volume_type"] as const;
  return names.filter((name) => mapping[name] !== undefined);
}

function checkIops(options: CheckedOptions, mapping: Mapping, path: string, findings: Findings): void {
  const isRoot = mapping.device_name === options.root_device_name;
  const type =
    mapping.volume_type ??
    (isRoot ? options.root_volume_type : undefined) ??
    (options.from_scratch ? "standard" : undefined);
  const { iops } = mapping;
  if (iops === undefined) {
    if (type === "io1" && options.from_scratch) findings.problem(`${path}.iops`, 'is required for volume_type "io1"');
    return;
  }
  if (type !== undefined && type !== "io1") {
    findings.problem(
      `${path}.iops`,
      `is for "io1" volumes, and this one is "${type}"`,
      'set volume_type = "io1", or remove it',
    );
  }
  const size = mapping.volume_size ?? (isRoot ? options.root_volume_size : undefined);
  if (size !== undefined && iops > size * IOPS_PER_GIB) {
    findings.problem(`${path}.iops`, `must be at most ${size * IOPS_PER_GIB} for ${size} GiB: ${IOPS_PER_GIB} per GiB`);
  }
}
