import { readdir, readFile, readlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { listProcesses } from "../../src/host/process-table.ts";

/** What of this machine a whole test run could leave changed. */
export interface MachineLedger {
  /** `/dev/loop3 on /tmp/x/disk.raw` */
  readonly loops: readonly string[];
  readonly mounts: readonly string[];
  /** Entries of the folders in which builds and tests make theirs. */
  readonly files: readonly string[];
  /** Processes that came loose from their test. */
  readonly processes: readonly string[];
}

const FOLDERS = [
  tmpdir(),
  "/run/outscale-chroot",
  "/mnt/packer-outscale-chroot-volumes",
  "/var/lib/outscale-chroot/runs",
];

export async function readMachine(): Promise<MachineLedger> {
  const files = await Promise.all(FOLDERS.map(listFolder));
  return {
    loops: await readLoops(),
    mounts: await readMounts(),
    files: files.flat().sort(),
    processes: await readStrays(),
  };
}

/** What is there after that was not there before. */
export function newIn(before: MachineLedger, after: MachineLedger): MachineLedger {
  const fresh = (key: keyof MachineLedger) => after[key].filter((line) => !before[key].includes(line));
  return { loops: fresh("loops"), mounts: fresh("mounts"), files: fresh("files"), processes: fresh("processes") };
}

async function readLoops(): Promise<string[]> {
  const names = (await readdir("/sys/block")).filter((name) => name.startsWith("loop"));
  const lines = names.map(async (name) => {
    const file = await readFile(`/sys/block/${name}/loop/backing_file`, "utf8").catch(() => "");
    return file ? [`/dev/${name} on ${file.trim()}`] : [];
  });
  return (await Promise.all(lines)).flat();
}

async function readMounts(): Promise<string[]> {
  const text = await readFile("/proc/self/mountinfo", "utf8");
  return text.split("\n").map((line) => line.split(" ").slice(3, 5).join(" "));
}

async function listFolder(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.map((name) => `${folder}/${name}`);
}

/** Orphans: their parent is init, and they are no service that was there before. */
async function readStrays(): Promise<string[]> {
  const lines = (await listProcesses()).map(async ({ pid }) => {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    if (!/^PPid:\s+1$/m.test(status)) return [];
    const program = await readlink(`/proc/${pid}/exe`).catch(() => "");
    return program ? [`${pid} ${program}`] : [];
  });
  return (await Promise.all(lines)).flat();
}
