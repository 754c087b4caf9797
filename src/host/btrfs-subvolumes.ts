import type { CommandRunner } from "./run-command.ts";

/** A subvolume of a btrfs, as `btrfs subvolume list` has it. */
export interface Subvolume {
  readonly id: number;
  /** From the top level, without a slash before it: `distros/debian`. */
  readonly path: string;
  readonly uuid: string;
  /** The subvolume that it is a snapshot of, which may be gone; undefined for one that began empty. */
  readonly parentUuid: string | undefined;
}

/** Names that distributions give the subvolume of their root: Ubuntu and SUSE, Fedora, Debian. */
const USUAL_NAMES = ["@", "root", "@rootfs"];

/** Every subvolume of the btrfs that is mounted on a folder, at whatever depth. */
export async function listSubvolumes(runner: CommandRunner, folder: string): Promise<Subvolume[]> {
  const { stdout } = await runner.run(["btrfs", "subvolume", "list", "-u", "-q", folder]);
  return parseSubvolumes(stdout);
}

export function parseSubvolumes(text: string): Subvolume[] {
  return text.split("\n").flatMap((line) => {
    const [, id, parent, uuid, path] =
      /^ID (\d+) gen \d+ top level \d+ parent_uuid (\S+)\s+uuid (\S+)\s+path (.+)$/.exec(line) ?? [];
    if (!id || !parent || !uuid || !path) return [];
    return [{ id: Number(id), path, uuid, parentUuid: parent === "-" ? undefined : parent }];
  });
}

/**
 * Of the subvolumes that hold a system, those that a machine may be meant to boot from. What lies inside another system is
 * a container or a snapshot that this one keeps. Snapshots look just like what they were taken of: of such a family the one
 * with a usual name counts, else the one that is no snapshot.
 */
export function chooseRoots(systems: readonly Subvolume[]): Subvolume[] {
  const outer = systems.filter(({ path }) => !systems.some((other) => path.startsWith(`${other.path}/`)));
  return familiesOf(outer).map((family) => {
    const named = USUAL_NAMES.flatMap((name) => family.filter(({ path }) => path === name));
    const original = family.find(({ parentUuid }) => !family.some(({ uuid }) => uuid === parentUuid));
    return (named[0] ?? original ?? family[0]) as Subvolume;
  });
}

/** Subvolumes that descend from one, which may be gone itself. */
function familiesOf(subvolumes: readonly Subvolume[]): Subvolume[][] {
  let families: Subvolume[][] = [];
  for (const subvolume of subvolumes) {
    const kin = families.filter((family) => family.some((other) => areRelated(subvolume, other)));
    families = [...families.filter((family) => !kin.includes(family)), [...kin.flat(), subvolume]];
  }
  return families;
}

function areRelated(a: Subvolume, b: Subvolume): boolean {
  return (
    a.parentUuid === b.uuid || b.parentUuid === a.uuid || (a.parentUuid !== undefined && a.parentUuid === b.parentUuid)
  );
}
