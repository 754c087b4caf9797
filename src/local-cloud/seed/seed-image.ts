import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hostEnvironment } from "../../host/host-environment.ts";
import type { CommandRunner } from "../../host/run-command.ts";
import { stageSystem } from "./stage-system.ts";

/** The disk is this large, but sparse: its files take a few MiB. */
export const SEED_SIZE_GIB = 1;

const MIB = 1024 * 1024;
const PARTITION_START = MIB;
/** The backup of the partition table takes the end. */
const PARTITION_SIZE = SEED_SIZE_GIB * 1024 * MIB - 2 * MIB;
const LINUX_ROOT_X86_64 = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709";
/** Fixed, as the times are: the image is the same on every start of every cloud of one machine. */
const DISK_UUID = "0d0a1b2c-3d4e-4f50-8192-a3b4c5d6e7f8";
const PARTITION_UUID = "1d0a1b2c-3d4e-4f50-8192-a3b4c5d6e7f8";
const FILE_SYSTEM_UUID = "2d0a1b2c-3d4e-4f50-8192-a3b4c5d6e7f8";
const MADE_AT_S = Date.UTC(2026, 0, 1) / 1000;

/**
 * Makes the disk of the seed image, as a raw file: a GPT with one ext4 partition, which holds a small system of this
 * machine's own programs. Nothing is mounted and nothing is downloaded.
 */
export async function makeSeedImage(host: CommandRunner, path: string): Promise<void> {
  const tree = await mkdtemp(join(dirname(path), "seed-"));
  try {
    await stageSystem(host, tree, { rootPartUuid: PARTITION_UUID, madeAtS: MADE_AT_S });
    await writeFile(path, "", { mode: 0o600 });
    await truncate(path, SEED_SIZE_GIB * 1024 * MIB);
    await host.run(["sfdisk", "--quiet", path], { input: partitionTable() });
    await host.run(makeFileSystem(tree, path), {
      env: { ...hostEnvironment(), E2FSPROGS_FAKE_TIME: String(MADE_AT_S) },
    });
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

function partitionTable(): string {
  const partition = {
    start: `${PARTITION_START / 512}`,
    size: `${PARTITION_SIZE / 512}`,
    type: LINUX_ROOT_X86_64,
    uuid: PARTITION_UUID,
  };
  const fields = Object.entries(partition).map(([key, value]) => `${key}=${value}`);
  return `label: gpt\nlabel-id: ${DISK_UUID}\n${fields.join(", ")}\n`;
}

function makeFileSystem(tree: string, path: string): string[] {
  const extended = `offset=${PARTITION_START},hash_seed=${FILE_SYSTEM_UUID},root_owner=0:0`;
  const identity = ["-U", FILE_SYSTEM_UUID, "-L", "root"];
  // A small journal and no reserved blocks: the file of a 1 GiB disk stays small.
  const size = ["-m", "0", "-J", "size=4", "-b", "4096"];
  return ["mkfs.ext4", "-q", "-F", ...identity, ...size, "-E", extended, "-d", tree, path, `${PARTITION_SIZE / 1024}k`];
}
