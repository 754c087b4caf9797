import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";
import { listProcesses, readCommand } from "../../../src/host/process-table.ts";

/** What a test must leave as it found it. */
export interface Ledger {
  /** The host's mount table, without the ids that the kernel counts up. */
  readonly mounts: readonly string[];
  readonly loops: readonly string[];
}

/** What tests can leave behind in a folder that everything of theirs lies in. */
export interface TestLeftovers extends Ledger {
  readonly files: readonly string[];
  /** `123 sleep 600` */
  readonly processes: readonly string[];
}

/**
 * The mounts and attached loop devices of this machine that have to do with a folder of the test. Others work on this
 * machine too, so what is theirs is not counted.
 */
export async function readLedger(folder: string): Promise<Ledger> {
  const loops = await readLoops(folder);
  const table = (await readFile("/proc/self/mountinfo", "utf8")).split("\n");
  const isOfLoop = (line: string) => loops.some((loop) => new RegExp(` /dev/${loop}(p\\d+)? `).test(line));
  return { mounts: table.filter((line) => line.includes(folder) || isOfLoop(line)), loops };
}

/** Everything that is still there of what was made in a folder, or by a process with its temporary files in it. */
export async function readLeftovers(folder: string): Promise<TestLeftovers> {
  const processes = (await readProcessesOf(folder)).map(async (pid) => `${pid} ${await readCommand(pid)}`);
  return { ...(await readLedger(folder)), files: await readdir(folder), processes: await Promise.all(processes) };
}

/** Whoever looks at all disks of the machine may have one open that was detached. It goes when he closes it. */
const GOING_MS = 10_000;
const LOOK_MS = 50;

async function readLoops(folder: string): Promise<string[]> {
  const giveUpAt = performance.now() + GOING_MS;
  for (;;) {
    const loops = await loopsOf(folder);
    const going = await Promise.all(loops.map(isGoing));
    if (!going.includes(true) || performance.now() > giveUpAt) return loops;
    await setTimeout(LOOK_MS);
  }
}

async function isGoing(loop: string): Promise<boolean> {
  const flag = await readFile(`/sys/block/${loop}/loop/autoclear`, "utf8").catch(() => "1");
  return flag.trim() === "1";
}

async function loopsOf(folder: string): Promise<string[]> {
  const names = (await readdir("/sys/block")).filter((name) => name.startsWith("loop"));
  const files = await Promise.all(
    names.map((name) => readFile(`/sys/block/${name}/loop/backing_file`, "utf8").catch(() => "")),
  );
  return names.filter((_, index) => files[index]?.startsWith(folder));
}

/**
 * The processes whose root, working folder, command line or environment has to do with a folder. The process that asks
 * is left out, and so is what its parent has started: the other workers of the test runner.
 */
export async function readProcessesOf(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const { pid } of await listProcesses()) {
    const texts = await Promise.all([
      readlink(`/proc/${pid}/root`).catch(() => ""),
      readlink(`/proc/${pid}/cwd`).catch(() => ""),
      readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""),
      readFile(`/proc/${pid}/environ`, "utf8").catch(() => ""),
    ]);
    if (texts.some((text) => text.includes(folder)) && !(await isOfRunner(pid))) found.push(pid);
  }
  return found;
}

async function isOfRunner(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const parent = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
  return pid === process.pid || parent === process.ppid;
}

/** One line for everything in a tree: path, type, mode, owner and content, so that trees compare by equality. */
export async function readTree(folder: string, below = ""): Promise<string[]> {
  const lines: string[] = [];
  for (const name of (await readdir(join(folder, below))).sort()) {
    const path = join(below, name);
    const entry = await lstat(join(folder, path));
    const facts = `${path} ${entry.mode.toString(8)} ${entry.uid}:${entry.gid}`;
    if (entry.isDirectory()) lines.push(facts, ...(await readTree(folder, path)));
    else if (entry.isSymbolicLink()) lines.push(`${facts} -> ${await readlink(join(folder, path))}`);
    else lines.push(entry.isFile() ? `${facts} ${await hashFile(join(folder, path))}` : facts);
  }
  return lines;
}

/** SHA-256 of a file or device, as hexadecimal digits. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
