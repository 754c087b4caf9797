import { readdir, readlink, stat } from "node:fs/promises";
import { describeProcess, listProcesses } from "./process-table.ts";

/** What tells a file from every other. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** The other processes that have a file open, as `pid 812 (packer build x)`. */
export async function findOpeners(file: FileIdentity): Promise<string[]> {
  const found: string[] = [];
  for (const { pid } of await listProcesses()) {
    if (pid === process.pid || !(await hasOpen(pid, file))) continue;
    found.push(await describeProcess(pid));
  }
  return found;
}

async function hasOpen(pid: number, { dev, ino }: FileIdentity): Promise<boolean> {
  for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
    const path = `/proc/${pid}/fd/${fd}`;
    // Sockets and pipes have no path, and need no stat.
    if (!(await readlink(path).catch(() => "")).startsWith("/")) continue;
    const entry = await stat(path).catch(() => undefined);
    if (entry?.dev === dev && entry.ino === ino) return true;
  }
  return false;
}
