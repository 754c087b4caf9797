import { readPartitionTable } from "../../../src/host/partition-table.ts";
import { hostRunner } from "../../../src/host/run-command.ts";

/**
 * The text of a file on the first ext4 partition of a disk file, read without mounting it.
 * @throws when there is no such file
 */
export async function readDiskFile(disk: string, path: string): Promise<string> {
  const table = await readPartitionTable(disk);
  const offset = table?.partitions[0]?.startBytes ?? 0;
  const { stdout, stderr } = await hostRunner().run(["debugfs", "-R", `cat ${path}`, `${disk}?offset=${offset}`]);
  if (/File not found/.test(stderr)) throw new Error(`There is no ${path} on ${disk}: ${stderr}`);
  return stdout;
}
