import { toText } from "../chroot/openat.ts";
import { RootFolder } from "../chroot/root-folder.ts";
import type { User } from "./accounts.ts";
import { DIFF_FORMAT, type DiffPackage, type ImageDiff, type ListDiff, type UserChange } from "./image-diff.ts";
import type { Package } from "./packages/package.ts";
import type { ImageScan } from "./scan-image.ts";
import { listensOn } from "./services.ts";
import { compareTrees, sameBytesIn, sameTimeIn } from "./tree/compare-trees.ts";
import { foldChanges, growthOf } from "./tree/fold-changes.ts";
import { isSetId, type Tree } from "./tree/tree-entry.ts";

/** More changes than anybody reads; the sums are over all of them. */
const MOST_FILES = 20_000;

export interface CompareInput {
  /** How the two are called: `before`, an OMI's id, a file's name. */
  readonly names: readonly [before: string, after: string];
  /** Whether both are mounted. Otherwise `before` is what the other one was, and its files are gone. */
  readonly areBothThere: boolean;
}

/** What differs between two images. */
export function compareImages(before: ImageScan, after: ImageScan, { names, areBothThere }: CompareInput): ImageDiff {
  return {
    formatVersion: DIFF_FORMAT,
    before: { name: names[0], os: before.os },
    after: { name: names[1], os: after.os },
    packages: comparePackageLists(before.packages, after.packages),
    files: compareFiles(before, after, areBothThere),
    partitions: after.partitions.map(({ mountPoint, sizeBytes, usedBytes }) => {
      const old = before.partitions.find((partition) => partition.mountPoint === mountPoint);
      return { mountPoint, usedBefore: old?.usedBytes ?? null, usedAfter: usedBytes, sizeBytes };
    }),
    setIdFiles: compareLists(setIdFiles(before.tree), setIdFiles(after.tree)),
    capabilities: compareLists(capabilityLines(before), capabilityLines(after)),
    users: compareUsers(before.users, after.users),
    enabledUnits: compareLists(before.units, after.units),
    listeners: compareLists(listeners(before.packages), listeners(after.packages)),
    notes: [...new Set([...before.notes, ...after.notes])],
  };
}

function compareFiles(before: ImageScan, after: ImageScan, areBothThere: boolean): ImageDiff["files"] {
  const same = areBothThere
    ? sameBytesIn(new RootFolder(before.root), new RootFolder(after.root))
    : sameTimeIn(before.tree, after.tree);
  const changes = compareTrees(before.tree, after.tree, same);
  // A folder that is merely new is told by what is in it.
  const count = (kind: string) => changes.filter(({ change, type }) => change === kind && type !== "folder").length;
  const list = changes.toSorted((a, b) => Math.abs(growthOf(b)) - Math.abs(growthOf(a)) || (a.path < b.path ? -1 : 1));
  return {
    added: count("added"),
    changed: count("changed"),
    removed: count("removed"),
    bytesBefore: sizeOf(before.tree),
    bytesAfter: sizeOf(after.tree),
    list: list.slice(0, MOST_FILES),
    leftOut: Math.max(0, list.length - MOST_FILES),
    folders: foldChanges(changes.filter(({ type }) => type !== "folder")),
  };
}

/** Of all files; one with several names counts once. */
function sizeOf(tree: Tree): number {
  const seen = new Set<number>();
  let bytes = 0;
  for (const { type, ino, size } of tree.values()) {
    if (type !== "file" || seen.has(ino)) continue;
    seen.add(ino);
    bytes += size;
  }
  return bytes;
}

function setIdFiles(tree: Tree): string[] {
  return [...tree].flatMap(([path, entry]) => {
    return isSetId(entry) ? [`${toText(path)} ${entry.mode.toString(8)} ${entry.uid}:${entry.gid}`] : [];
  });
}

function capabilityLines({ capabilities }: ImageScan): string[] {
  return [...capabilities].map(([path, text]) => `${toText(path)} ${text}`);
}

function listeners(packages: readonly Package[]): string[] {
  return packages.flatMap((item) => {
    const what = listensOn(item);
    return what === undefined ? [] : [`${item.name} (${what})`];
  });
}

function compareLists(before: readonly string[], after: readonly string[]): ListDiff {
  const [old, now] = [new Set(before), new Set(after)];
  return {
    added: [...now].filter((item) => !old.has(item)).sort(),
    removed: [...old].filter((item) => !now.has(item)).sort(),
  };
}

/** By name and architecture; of one that is there in several versions, as kernels are, each version counts. */
export function comparePackageLists(before: readonly Package[], after: readonly Package[]): ImageDiff["packages"] {
  const [old, now] = [byName(before), byName(after)];
  const added: DiffPackage[] = [];
  const removed: DiffPackage[] = [];
  const changed: ImageDiff["packages"]["changed"][number][] = [];
  for (const key of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const [was, is] = [old.get(key) ?? [], now.get(key) ?? []];
    const gone = was.filter(({ version }) => !is.some((item) => item.version === version));
    const come = is.filter(({ version }) => !was.some((item) => item.version === version));
    for (const item of come) {
      const from = gone.shift();
      if (from === undefined) added.push(diffPackage(item));
      else changed.push({ manager: item.manager, name: item.name, from: from.version, to: item.version });
    }
    removed.push(...gone.map(diffPackage));
  }
  return { added, removed, changed };
}

function byName(packages: readonly Package[]): ReadonlyMap<string, Package[]> {
  const groups = new Map<string, Package[]>();
  for (const item of packages) {
    const key = `${item.name} ${item.arch}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function diffPackage({ manager, name, version, arch, sizeBytes }: Package): DiffPackage {
  return { manager, name, version, arch, sizeBytes: sizeBytes ?? null };
}

function compareUsers(before: readonly User[], after: readonly User[]): ImageDiff["users"] {
  const old = new Map(before.map((user) => [user.name, user]));
  const names = new Set(after.map(({ name }) => name));
  const changed = after.flatMap((user): UserChange[] => {
    const was = old.get(user.name);
    const what = was === undefined ? [] : userChanges(was, user);
    return what.length > 0 ? [{ name: user.name, what }] : [];
  });
  return {
    added: after.filter(({ name }) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !names.has(name)).sort(),
    changed,
  };
}

function userChanges(was: User, is: User): string[] {
  const fields = ["uid", "gid", "home", "shell", "password"] as const;
  const changes = fields.flatMap((field) =>
    was[field] === is[field] ? [] : [`${field} ${was[field]} -> ${is[field]}`],
  );
  const groups = compareLists(was.groups, is.groups);
  return [
    ...changes,
    ...groups.added.map((group) => `joined ${group}`),
    ...groups.removed.map((group) => `left ${group}`),
  ];
}
