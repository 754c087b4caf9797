import { DeviceError, MountError, messageOf } from "../common/errors.ts";
import { findBtrfsRoot } from "./btrfs.ts";
import { CommandError } from "./command-error.ts";
import { kernelSupports } from "./kernel-filesystems.ts";
import type { LookView } from "./mount-view.ts";
import { describeParts, type Filesystem, type VolumeLayout, type VolumePart } from "./probe-filesystem.ts";
import { holdsSystem, withReadOnlyMount } from "./read-only-mount.ts";

/** The part of a volume that is mounted as the root, and how it was told from the others. */
export interface RootPart extends VolumePart {
  readonly filesystem: Filesystem;
  readonly foundBy: "option" | "single" | "type" | "os-release" | "from_scratch";
}

export interface FindRootInput {
  /** Where file systems are mounted for a look, read-only. */
  readonly view: LookView;
  readonly layout: VolumeLayout;
  /** The option `mount_partition`: a number, `0` for the whole device; found when it is not given. */
  readonly requested?: string | undefined;
  readonly fromScratch: boolean;
}

/** What holds a root one level further down, and is not opened by us. */
const CONTAINERS: Readonly<Record<string, string>> = {
  LVM2_member: "an LVM physical volume",
  crypto_LUKS: "a LUKS encrypted volume",
  linux_raid_member: "a member of a RAID array",
  ddf_raid_member: "a member of a RAID array",
  isw_raid_member: "a member of a RAID array",
  zfs_member: "a member of a ZFS pool",
};

/** File systems that are on a bootable disk beside the root. */
const NEVER_ROOT = new Set(["vfat", "swap", "iso9660"]);

/** @see The Discoverable Partitions Specification, "Root Partition (amd64/x86_64)" and, for arm64, "(aarch64)" */
const ROOT_TYPES = new Set(["4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "b921b045-1df0-41c3-af44-4c6f280d3fae"]);
/** EFI system partition, BIOS boot partition, extended boot loader partition. */
const BOOT_TYPES = new Set([
  "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
  "21686148-6449-6e6f-744e-656564454649",
  "bc13c2ff-59e6-4262-a352-b275fd6f7172",
]);

/**
 * Finds what to mount as the root: the partition that was asked for; else the only file system; else the partition
 * whose type says root; else the one that has `/etc/os-release`. With `from_scratch`, which has no system to look for
 * yet: partition 1, or the whole device when it has no table.
 * @throws {DeviceError} when there is none or more than one, one of several does not mount, or the root is inside LVM, LUKS,
 * RAID or ZFS
 */
export async function findRoot(input: FindRootInput): Promise<RootPart> {
  const { layout, requested, fromScratch } = input;
  if (requested !== undefined) return rootAt(layout, parseNumber(requested), "option");
  if (fromScratch) return rootAt(layout, layout.table ? 1 : 0, "from_scratch");
  const candidates = findCandidates(layout);
  const container = layout.parts.find(isContainer);
  // Beside an LVM volume a lone ext4 is most likely /boot, so it must show that it is a system.
  if (candidates[0] && !candidates[1] && !container) return { ...candidates[0], foundBy: "single" };
  const typed = candidates.filter(({ partition }) => partition && ROOT_TYPES.has(partition.type));
  if (typed[0] && !typed[1]) return { ...typed[0], foundBy: "type" };
  const { systems, unseen } = await findSystems(input.view, typed.length > 0 ? typed : candidates);
  if (unseen.length > 0) throw unseenError(layout, { systems, unseen });
  if (systems[0] && !systems[1]) return { ...systems[0], foundBy: "os-release" };
  if (container && systems.length === 0) throw contained(layout.device, container);
  throw undecided(layout, systems.length > 0 ? systems : candidates, systems.length > 0);
}

type Candidate = VolumePart & { readonly filesystem: Filesystem };

/** The parts that could be a root, by their file system and partition type alone. */
function findCandidates({ parts }: VolumeLayout): Candidate[] {
  return parts.filter(
    (part): part is Candidate =>
      part.filesystem !== undefined &&
      !NEVER_ROOT.has(part.filesystem.type) &&
      !isContainer(part) &&
      !(part.partition && BOOT_TYPES.has(part.partition.type)),
  );
}

function isContainer({ filesystem }: VolumePart): boolean {
  return filesystem !== undefined && filesystem.type in CONTAINERS;
}

function rootAt(layout: VolumeLayout, number: number, foundBy: RootPart["foundBy"]): RootPart {
  const part = number === 0 && layout.table ? undefined : layout.parts.find((each) => each.number === number);
  if (!part) {
    const what =
      number === 0 ? "has a partition table, so the whole device is not a file system" : `has no partition ${number}`;
    throw new DeviceError(`The device "${layout.device}" ${what}; it has ${describeParts(layout.parts)}`, {
      hint: SET_OPTION,
    });
  }
  if (isContainer(part)) throw contained(layout.device, part);
  if (!part.filesystem || part.filesystem.type === "swap") {
    const hint = foundBy === "from_scratch" ? "Make a file system in pre_mount_commands" : SET_OPTION;
    throw new DeviceError(`There is no file system on "${part.path}"; the volume has ${describeParts(layout.parts)}`, {
      hint,
    });
  }
  return { ...part, filesystem: part.filesystem, foundBy };
}

const SET_OPTION = "Set mount_partition to the number of the root partition";

function parseNumber(requested: string): number {
  if (/^\d{1,3}$/.test(requested)) return Number(requested);
  throw new DeviceError(`mount_partition "${requested}" is not a partition number`, { hint: SET_OPTION });
}

function contained(device: string, { path, filesystem }: VolumePart): DeviceError {
  const what = CONTAINERS[filesystem?.type ?? ""];
  return new DeviceError(
    `"${path}" of "${device}" is ${what} (${filesystem?.type}), and a root inside one cannot be built`,
    {
      hint: "Use a source whose root file system is directly on a partition, or name another one in mount_partition",
    },
  );
}

function undecided(
  { device, parts }: VolumeLayout,
  candidates: readonly VolumePart[],
  haveSystem: boolean,
): DeviceError {
  if (candidates.length === 0) {
    return new DeviceError(`There is no root file system on "${device}"; it has ${describeParts(parts)}`, {
      hint: SET_OPTION,
    });
  }
  const what = haveSystem ? "several partitions with a system" : "several file systems and no /etc/os-release";
  return new DeviceError(`Cannot tell the root of "${device}": it has ${what}: ${describeParts(candidates)}`, {
    hint: SET_OPTION,
  });
}

function unseenError({ device }: VolumeLayout, { systems, unseen }: Looks): DeviceError {
  const seen = systems.length > 0 ? `a system on ${describeParts(systems)}, but ` : "";
  return new DeviceError(
    `Cannot tell the root of "${device}": it has ${seen}file systems that do not mount:\n  ${unseen.join("\n  ")}`,
    { hint: SET_OPTION },
  );
}

interface Looks {
  readonly systems: readonly Candidate[];
  /** The candidates that could not be looked at, each with the reason: `2: xfs: ...`. */
  readonly unseen: readonly string[];
}

/** Looks into each candidate. One whose file system this kernel lacks may be data; one that should mount may be the root. */
async function findSystems(view: LookView, candidates: readonly Candidate[]): Promise<Looks> {
  const systems: Candidate[] = [];
  const unseen: string[] = [];
  for (const candidate of candidates) {
    const found = await hasSystem(view, candidate).catch((error: unknown) => {
      unseen.push(`${describeParts([candidate])} (${candidate.path}): ${reasonOf(error)}`);
      return false;
    });
    if (found) systems.push(candidate);
  }
  return { systems, unseen };
}

/** What mount(8) said, without the folder of ours that it was to be mounted on. */
function reasonOf(error: unknown): string {
  const cause = error instanceof MountError ? error.cause : undefined;
  if (!(cause instanceof CommandError)) return messageOf(error);
  const [line = ""] = cause.stderr.trim().split("\n");
  return line.replace(/^mount: \S+: /, "") || messageOf(error);
}

async function hasSystem(view: LookView, { path, filesystem }: Candidate): Promise<boolean> {
  if (!(await kernelSupports(view.runner, filesystem.type))) return false;
  const place = { path, filesystem };
  if (filesystem.type === "btrfs") return (await findBtrfsRoot(view, place)).hasSystem;
  return withReadOnlyMount(view, place, holdsSystem);
}
