import { isBelow, type MountEntry, visibleMounts } from "../host/mountinfo.ts";
import { shellQuote } from "../host/shell-quote.ts";
import type { DevContents, ImageDevices } from "./container-dev.ts";

export interface ContainerPlan {
  readonly mountPath: string;
  /** The mounts at the mount path and below, the oldest first. */
  readonly mounts: readonly MountEntry[];
  /** In place of this machine's `/dev`; where the image has another one, or none, that stays as it is. */
  readonly devices: ImageDevices | undefined;
}

/**
 * What the first process of a container runs, as the shell and with the programs of this machine: it takes from its copy
 * of the mounts what an image could reach this machine by, makes the image its root, says `ready`, and reads our pipe. Where it
 * has a `/dev` of its own it waits for a line after `dev`: see {@link devContents}. At the pipe's end it ends, and everything in its PID namespace with it.
 *
 * The old root is then still mounted over the new one: it is for the caller to detach it, as no program of this machine
 * can be run in here any more. From there on the shell starts no program, since all that it could find are the
 * image's; it waits for a part of itself, and reaps whatever ends meanwhile.
 * @see pivot_root(2), `pivot_root(".", ".")`
 */
export function containerScript(plan: ContainerPlan): string {
  const { mountPath, devices } = plan;
  const mounts = visibleMounts(plan.mounts);
  const dev = devOf(plan, mounts);
  const procs = mounts.filter(isWholeProc);
  const others = mounts.filter((entry) => !isInside(entry, [...procs, ...(dev ? [dev] : [])]));
  return [
    "set -e",
    "exec 3<&0 4>/dev/null </dev/null",
    ...procs.flatMap((entry) => newProc(entry, mounts)),
    ...(dev && devices ? newDev(dev, mounts, devices) : []),
    ...others.map((entry) => restrict(entry, dev !== undefined || entry.mountPoint !== mountPath)),
    shellQuote(["cd", mountPath]),
    "pivot_root . .",
    "cd /",
    "echo ready",
    "exec >&4 2>&4",
    "until (read -r _ <&3 || :); do :; done",
  ].join("\n");
}

/** What we put into the container's `/dev` when it is there, which costs no programs; `undefined` where it has none of its own. */
export function devContents(plan: ContainerPlan): DevContents | undefined {
  const mounts = visibleMounts(plan.mounts);
  const dev = devOf(plan, mounts);
  if (!dev || !plan.devices) return undefined;
  const onIt = submounts(dev, mounts);
  // Whatever user opens it gets a terminal of the container's own.
  const ptmx = onIt.filter(isPts).map(({ at }) => ({ path: "ptmx", target: `${at}/ptmx` }));
  const { nodes, links } = plan.devices;
  return { folders: onIt.map(({ at }) => at), files: withoutPtmx(nodes, onIt), links: [...links, ...ptmx] };
}

/** This machine's would lead to its terminals, also where the template asks for it. */
function withoutPtmx(nodes: readonly string[], onDev: readonly Submount[]): readonly string[] {
  return onDev.some(isPts) ? nodes.filter((path) => path !== "ptmx") : nodes;
}

function devOf({ mountPath }: ContainerPlan, mounts: readonly MountEntry[]): MountEntry | undefined {
  return mounts.find(({ mountPoint }) => mountPoint === `${mountPath}/dev`);
}

function isWholeProc({ fsType, root }: MountEntry): boolean {
  return fsType === "proc" && root === "/";
}

function isInside({ mountPoint }: MountEntry, trees: readonly MountEntry[]): boolean {
  return trees.some((tree) => isBelow(mountPoint, tree.mountPoint));
}

interface Submount {
  readonly entry: MountEntry;
  /** Its path from the mount that it stands on. */
  readonly at: string;
}

function isPts({ entry }: Submount): boolean {
  return entry.fsType === "devpts";
}

/** What stands on a mount: its visible mounts, with their paths from there. */
function submounts(of: MountEntry, mounts: readonly MountEntry[]): Submount[] {
  return mounts
    .filter((entry) => entry !== of && isBelow(entry.mountPoint, of.mountPoint))
    .map((entry) => ({ entry, at: entry.mountPoint.slice(of.mountPoint.length + 1) }));
}

/** Root may write to these whatever its rights are, and change this machine's kernel so. */
const KERNEL_SETTINGS = "sys sysrq-trigger irq bus fs driver scsi acpi mtrr tty asound ide";

/** A /proc that shows the container's processes, in place of one that shows others. */
function newProc(entry: MountEntry, mounts: readonly MountEntry[]): string[] {
  const flags = "nosuid,nodev,noexec";
  return [
    mount("-t", "proc", "-o", flags, "--", "proc", "/proc"),
    `for name in ${KERNEL_SETTINGS}; do
  if [ -e "/proc/$name" ]; then mount -c -o bind,ro,${flags} -- "/proc/$name" "/proc/$name"; fi
done`,
    ...submounts(entry, mounts).flatMap(({ entry: each, at }) => [
      mount("--move", "--", each.mountPoint, `/proc/${at}`),
      remount({ ...each, mountPoint: `/proc/${at}` }, each.fsType === "binfmt_misc" ? ["ro", "nodev"] : ["nodev"]),
    ]),
    ...replace("/proc", entry),
  ];
}

/** A /dev of the container's own: what is made in it stays in it, and no node that is made there can be opened. */
function newDev(entry: MountEntry, mounts: readonly MountEntry[], { nodes }: ImageDevices): string[] {
  const onIt = submounts(entry, mounts);
  return [
    mount("-t", "tmpfs", "-o", "nosuid,nodev,mode=755", "--", "tmpfs", "/dev"),
    "echo dev",
    "read -r _ <&3",
    ...withoutPtmx(nodes, onIt).map((path) => mount("--bind", "--", `${entry.mountPoint}/${path}`, `/dev/${path}`)),
    ...onIt.map((each) =>
      isPts(each) ? newPts(each.at) : mount("--move", "--", each.entry.mountPoint, `/dev/${each.at}`),
    ),
    ...replace("/dev", entry),
  ];
}

/** Terminals of its own, which every user of the image may open. */
function newPts(at: string): string {
  const options = "newinstance,nosuid,noexec,mode=620,gid=5,ptmxmode=0666";
  return mount("-t", "devpts", "-o", options, "--", "devpts", `/dev/${at}`);
}

/** Moves what was made over a folder of this machine to its place in the image. */
function replace(from: string, { mountPoint }: MountEntry): string[] {
  return [shellQuote(["umount", "-c", "-l", "--", mountPoint]), mount("--move", "--", from, mountPoint)];
}

/** Device nodes of the image open no device, and the settings of this machine's kernel cannot be written. */
function restrict(entry: MountEntry, hasDev: boolean): string {
  return remount(entry, hasDev || isKernels(entry) ? restrictedFlags(entry) : []);
}

function isKernels({ fsType }: MountEntry): boolean {
  return fsType === "sysfs" || fsType === "proc";
}

function restrictedFlags(entry: MountEntry): readonly string[] {
  return isKernels(entry) ? ["ro", "nosuid", "nodev", "noexec"] : ["nodev"];
}

/**
 * The options of mount(8) by which a mount that has come into a container later gets the flags that it would have had from
 * the beginning; `undefined` where it has them.
 */
export function laterRestriction(entry: MountEntry): string | undefined {
  const flags = restrictedFlags(entry);
  return flags.every((flag) => entry.options.includes(flag)) ? undefined : remountOptions(entry, flags);
}

/** Changes one mount's own flags, not those of its file system, and keeps the others that it has. */
function remount(entry: MountEntry, added: readonly string[]): string {
  return mount("-o", remountOptions(entry, added), "--", "none", entry.mountPoint);
}

function remountOptions({ options }: MountEntry, added: readonly string[]): string {
  const kept = options.filter((option) => MOUNT_FLAGS.has(option));
  return ["remount", "bind", ...new Set([...kept, ...added])].join(",");
}

/** @see mount(2), the flags that a bind mount has of its own */
const MOUNT_FLAGS = new Set("ro nosuid nodev noexec noatime nodiratime relatime strictatime nosymfollow".split(" "));

function mount(...args: readonly string[]): string {
  return shellQuote(["mount", "-c", ...args]);
}
