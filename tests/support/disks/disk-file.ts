import { readPartitionTable } from "../../../src/host/partition-table.ts";
import { hostRunner } from "../../../src/host/run-command.ts";

/**
 * The text of a file on the first ext4 partition of a disk file, read without mounting it.
 * @throws when there is no such file
 */
export function readDiskFile(disk: string, path: string): Promise<string> {
  return ask(disk, "cat", path);
}

/** The names in a folder there, without `.` and `..`. */
export async function readDiskFolder(disk: string, path: string): Promise<string[]> {
  const lines = (await ask(disk, "ls -p", path)).split("\n");
  const names = lines.map((line) => line.split("/")[5] ?? "");
  return names.filter((name) => !["", ".", ".."].includes(name)).sort();
}

/** Whether a file there has the attribute `i` of chattr(1). @see Linux, EXT4_IMMUTABLE_FL */
export async function isImmutableOnDisk(disk: string, path: string): Promise<boolean> {
  const flags = Number(/Flags: (0x[0-9a-f]+)/.exec(await ask(disk, "stat", path))?.[1]);
  return (flags & 0x10) !== 0;
}

async function ask(disk: string, question: string, path: string): Promise<string> {
  const table = await readPartitionTable(disk);
  const offset = table?.partitions[0]?.startBytes ?? 0;
  const request = `${question} ${path}`;
  const { stdout, stderr } = await hostRunner().run(["debugfs", "-R", request, `${disk}?offset=${offset}`]);
  if (/File not found/.test(stderr)) throw new Error(`There is no ${path} on ${disk}: ${stderr}`);
  return stdout;
}
