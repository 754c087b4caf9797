import { closeSync } from "node:fs";
import { fdPathForChildren } from "../chroot/openat.ts";
import type { RootFolder } from "../chroot/root-folder.ts";
import { runSync } from "../host/run-sync.ts";
import { openImageFile } from "./open-image-file.ts";
import { isProgram, type Tree } from "./tree/tree-entry.ts";

/** So many files are open at a time for one run of getfattr. */
const BATCH = 256;

/** In the order of their numbers. @see capabilities(7), linux/capability.h */
const NAMES = (
  "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service " +
  "net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin " +
  "sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override " +
  "mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore"
).split(" ");

/** The capabilities of files, by their path as bytes: `cap_net_raw=ep`. */
export type Capabilities = ReadonlyMap<string, string>;

/**
 * Reads them with getfattr(1), as Node has no call for extended attributes. It gets descriptors of ours and no path of the
 * image.
 * @returns undefined when the program is missing
 */
export function readCapabilities(folder: RootFolder, tree: Tree): Capabilities | undefined {
  const programs = [...tree].filter(([, entry]) => isProgram(entry)).map(([path]) => path);
  const found = new Map<string, string>();
  for (let at = 0; at < programs.length; at += BATCH) {
    if (!readBatch(folder, programs.slice(at, at + BATCH), found)) return undefined;
  }
  return found;
}

function readBatch(folder: RootFolder, paths: readonly string[], found: Map<string, string>): boolean {
  const open = new Map<string, string>();
  const fds: number[] = [];
  try {
    for (const path of paths) {
      const fd = openProgram(folder, path);
      if (fd === undefined) continue;
      fds.push(fd);
      open.set(fdPathForChildren(fd), path);
    }
    if (fds.length === 0) return true;
    // It fails for each file that has no such attribute, and prints those of the others.
    const options = ["--dump", "--encoding=hex", "--match=^security\\.capability$", "--absolute-names"];
    const { stdout } = runSync(["getfattr", ...options, "--", ...open.keys()]);
    for (const [file, value] of parseDump(stdout)) {
      const path = open.get(file);
      const text = describeCapabilities(Buffer.from(value, "hex"));
      if (path !== undefined && text !== undefined) found.set(path, text);
    }
    return true;
  } catch {
    return false; // getfattr is not there
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

function openProgram(folder: RootFolder, path: string): number | undefined {
  try {
    return openImageFile(folder, path);
  } catch {
    return undefined;
  }
}

/** What `getfattr --dump` prints: `# file: NAME`, then `security.capability=0x...`. */
function* parseDump(text: string): Generator<readonly [file: string, hex: string]> {
  let file = "";
  for (const line of text.split("\n")) {
    const [, name] = /^# file: (.*)$/.exec(line) ?? [];
    if (name !== undefined) file = name;
    const [, hex] = /^security\.capability=0x([0-9a-f]+)$/.exec(line) ?? [];
    if (hex !== undefined) yield [file, hex];
  }
}

/**
 * An attribute as getcap(8) prints it.
 * @returns undefined when it is too short to be one
 * @see linux/capability.h, vfs_ns_cap_data
 */
export function describeCapabilities(bytes: Buffer): string | undefined {
  if (bytes.length < 20) return undefined;
  const isEffective = (bytes.readUInt32LE(0) & 1) === 1;
  const permitted = BigInt(bytes.readUInt32LE(4)) | (BigInt(bytes.readUInt32LE(12)) << 32n);
  const inheritable = BigInt(bytes.readUInt32LE(8)) | (BigInt(bytes.readUInt32LE(16)) << 32n);
  const flags = `${isEffective ? "e" : ""}${inheritable === 0n ? "" : "i"}${permitted === 0n ? "" : "p"}`;
  const names = Array.from({ length: 64 }, (_, bit) => bit)
    .filter((bit) => (((permitted | inheritable) >> BigInt(bit)) & 1n) === 1n)
    .map((bit) => `cap_${NAMES[bit] ?? bit}`);
  return `${names.join(",")}=${flags}`;
}
