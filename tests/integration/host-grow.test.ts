import { statfs, truncate } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { assertDeviceNotInUse } from "../../src/host/device-in-use.ts";
import { findRoot } from "../../src/host/find-root.ts";
import { growMounted, growUnmounted } from "../../src/host/grow-filesystem.ts";
import { hostView } from "../../src/host/mount-view.ts";
import { readPartitionTable } from "../../src/host/partition-table.ts";
import { readVolumeLayout } from "../../src/host/probe-filesystem.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { makeFilesystem, writeSystem } from "../support/disks/loop-disk.ts";
import { createWorkbench, type Workbench } from "../support/disks/workbench.ts";
import { readLedger } from "../support/suite/ledger.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const runner = hostRunner();
const view = hostView(runner);
const MIB = 1024 * 1024;

requirePrograms(
  "sfdisk",
  "resize2fs",
  "xfs_growfs",
  "xfs_repair",
  "btrfs",
)("host: a source grown to twice its size", () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await createWorkbench("host-grow");
  });
  afterEach(async () => {
    await bench.dispose();
    expect(await readLedger(bench.folder)).toEqual({ mounts: [], loops: [] });
  });

  /** A small disk with a system, then the same bytes as the beginning of a disk of twice the size. */
  async function doubledDisk(sizeMib: number, script: string | undefined, part: string, type: string): Promise<string> {
    const device = await bench.addDisk(sizeMib, script);
    await readVolumeLayout(runner, device);
    await makeFilesystem(type, `${device}${part}`);
    const folder = await bench.mount(`${device}${part}`);
    await writeSystem(folder);
    await bench.unmount(folder);
    const file = bench.fileOf(device);
    await bench.detach(device);
    await truncate(file, 2 * sizeMib * MIB);
    return bench.attach(file);
  }

  async function grow(device: string): Promise<{ sizeMib: number; warnings: string[]; path: string; grown: boolean }> {
    const warnings: string[] = [];
    const layout = await readVolumeLayout(runner, device);
    const root = await findRoot({ view: { ...view, lookFolder: bench.lookFolder }, layout, fromScratch: false });
    const { grown } = await growUnmounted({ runner, layout, root, onWarning: (message) => warnings.push(message) });
    const mountPath = await bench.mount(root.path);
    await growMounted({ view, root, mountPath });
    const { blocks, bsize } = await statfs(mountPath);
    await bench.unmount(mountPath);
    await assertDeviceNotInUse(device);
    return { sizeMib: (blocks * bsize) / MIB, warnings, path: root.path, grown };
  }

  const CHECKS: Readonly<Record<string, readonly string[]>> = {
    ext4: ["e2fsck", "-fn"],
    xfs: ["xfs_repair", "-n"],
    btrfs: ["btrfs", "check", "--readonly"],
  };
  const GPT = "label: gpt\n14: size=4M\n1: start=8M\n";

  test.each([
    { layout: "the whole device", type: "ext4", script: undefined, part: "", sizeMib: 128 },
    {
      layout: "a GPT whose root has a low number and the last place",
      type: "ext4",
      script: GPT,
      part: "p1",
      sizeMib: 128,
    },
    { layout: "an MBR", type: "ext4", script: "label: dos\n2048,,L\n", part: "p1", sizeMib: 128 },
    { layout: "a logical partition", type: "ext4", script: "label: dos\n,8M,S\n,,E\n,,L\n", part: "p5", sizeMib: 128 },
    { layout: "a GPT", type: "xfs", script: GPT, part: "p1", sizeMib: 400 },
    { layout: "a GPT", type: "btrfs", script: GPT, part: "p1", sizeMib: 200 },
  ])("growUnmounted() and growMounted() fill the disk: $type on $layout", async ({ type, script, part, sizeMib }) => {
    const device = await doubledDisk(sizeMib, script, part, type);
    const result = await grow(device);
    expect(result.warnings).toEqual([]);
    expect(result.grown).toBe(true);
    expect(result.sizeMib).toBeGreaterThan(1.7 * sizeMib);
    await runner.run([...(CHECKS[type] ?? []), result.path]);
    const table = await readPartitionTable(device);
    expect(table?.warnings ?? []).toEqual([]);
    if (table) await runner.run(["sfdisk", "--verify", device]);
  });

  test("growUnmounted() moves the backup GPT to the new end", async () => {
    const device = await doubledDisk(64, GPT, "p1", "ext4");
    await grow(device);
    const file = bench.fileOf(device);
    await bench.detach(device);
    // Without the primary header the backup must do.
    await runner.run(["dd", "if=/dev/zero", `of=${file}`, "bs=512", "seek=1", "count=1", "conv=notrunc"]);
    const table = await readPartitionTable(file);
    expect(table?.warnings).toEqual(["The GPT is damaged (no header); its backup is used"]);
    expect(table?.partitions.map(({ number }) => number)).toEqual([1, 14]);
  });

  test("growUnmounted() leaves a root that another partition follows, and says so", async () => {
    const device = await doubledDisk(128, "label: gpt\nsize=60M\nsize=20M\n", "p1", "ext4");
    const result = await grow(device);
    expect(result.warnings).toEqual(["Partition 1 is followed by partition 2 on the disk; it keeps its size"]);
    expect(result.grown).toBe(false);
    expect(result.sizeMib).toBeLessThan(61);
  });

  test("growUnmounted() changes nothing when there is no room", async () => {
    const device = await bench.addDisk(64, "label: gpt\n-\n");
    await readVolumeLayout(runner, device);
    await makeFilesystem("ext4", `${device}p1`);
    const layout = await readVolumeLayout(runner, device);
    const root = await findRoot({ view: { ...view, lookFolder: bench.lookFolder }, layout, fromScratch: false });
    const warnings: string[] = [];
    await growUnmounted({ runner, layout, root, onWarning: (text) => warnings.push(text) });
    expect(warnings).toEqual([]);
    expect(await readPartitionTable(join(device))).toEqual(layout.table);
  });

  test.each([
    { type: "ext4", sizeMib: 128 },
    { type: "xfs", sizeMib: 400 },
    { type: "btrfs", sizeMib: 200 },
  ])(
    "a second try grows what the first one left: the partition of an $type was grown, and nothing else",
    async ({ type, sizeMib }) => {
      const device = await doubledDisk(sizeMib, GPT, "p1", type);
      await runner.run(["sfdisk", "--no-reread", "--no-tell-kernel", "-N", "1", device], { input: ", +\n" });
      const result = await grow(device);
      expect([result.warnings, result.grown]).toEqual([[], true]);
      expect(result.sizeMib).toBeGreaterThan(1.7 * sizeMib);
    },
  );
});
