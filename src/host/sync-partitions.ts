import { stat } from "node:fs/promises";
import { type Clock, systemClock } from "../common/clock.ts";
import { ignoreErrno } from "../common/errno.ts";
import { TimeoutError } from "../common/errors.ts";
import { kernelNameOf, listPartitionNames, readAttribute, resolveBlockDevice } from "./block-device.ts";
import { type PartitionTable, partitionPath } from "./partition.ts";
import { readPartitionTable } from "./partition-table.ts";
import type { CommandRunner } from "./run-command.ts";

export interface SyncOptions {
  /** How long nodes may take to appear; 10 000 ms. */
  readonly deadlineMs?: number;
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes the kernel know the partitions that are on a disk, no more and no less, and waits for their nodes. Works where
 * the kernel has no parser for the table, and tells a disk that was partitioned a moment ago.
 * @returns the table; `undefined` when the disk has none
 * @throws {TimeoutError} when a node does not appear
 */
export async function syncPartitions(
  runner: CommandRunner,
  path: string,
  options: SyncOptions = {},
): Promise<PartitionTable | undefined> {
  const device = await resolveBlockDevice(path);
  const table = await readPartitionTable(device);
  const numbers = (table?.partitions ?? []).map(({ number }) => number);
  for (const known of await readKnownNumbers(device)) {
    if (!numbers.includes(known)) await changePartitions(runner, ["--delete", "--nr", `${known}`], device);
  }
  // Without the range partx counts the partitions and misses those whose numbers are higher than that.
  if (numbers.length > 0) await changePartitions(runner, ["--update", "--nr", `1:${Math.max(...numbers)}`], device);
  for (const { number } of table?.partitions ?? []) await waitForNode(partitionPath(device, number), options);
  return table;
}

/** The whole-disk lock keeps udev from reading a table while it changes. @see https://systemd.io/BLOCK_DEVICE_LOCKING */
async function changePartitions(runner: CommandRunner, change: readonly string[], device: string): Promise<void> {
  await runner.run(["flock", "--exclusive", "--wait", "30", device, "partx", ...change, device], { brief: {} });
}

async function readKnownNumbers(device: string): Promise<number[]> {
  const names = await listPartitionNames(await kernelNameOf(device));
  return Promise.all(names.map(async (name) => Number(await readAttribute(`/sys/class/block/${name}/partition`))));
}

async function waitForNode(
  node: string,
  { deadlineMs = 10_000, clock = systemClock, signal }: SyncOptions,
): Promise<void> {
  const deadline = clock.now() + deadlineMs;
  while (!(await isBlockDevice(node))) {
    if (clock.now() >= deadline)
      throw new TimeoutError(`The partition "${node}" has no device node after ${deadlineMs / 1000} s`);
    await clock.sleep(50, signal);
  }
}

async function isBlockDevice(path: string): Promise<boolean> {
  const entry = await stat(path).catch(ignoreErrno("ENOENT"));
  return entry?.isBlockDevice() ?? false;
}
