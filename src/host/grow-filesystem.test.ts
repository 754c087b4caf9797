import { expect, test } from "vitest";
import { recordingRunner } from "../../tests/support/builder/recording-runner.ts";
import { growUnmounted, planGrowth } from "./grow-filesystem.ts";
import type { Partition, PartitionTable } from "./partition.ts";

const MIB = 1024 * 1024;
const part = (number: number, startMib: number, sizeMib: number, role: Partition["role"] = "primary"): Partition => ({
  number,
  startBytes: startMib * MIB,
  sizeBytes: sizeMib * MIB,
  type: "",
  uuid: "",
  name: "",
  role,
});
const plan = (kind: PartitionTable["kind"], partitions: Partition[], root: number, diskMib: number) => {
  const table = { kind, sectorBytes: 512, id: "", partitions, warnings: [] };
  return planGrowth(table, partitions.find(({ number }) => number === root) as Partition, diskMib * MIB);
};

const cloud = [part(1, 100, 900), part(14, 1, 4), part(15, 5, 95)];
const logical = [
  part(1, 1, 99),
  part(2, 100, 900, "extended"),
  part(5, 101, 400, "logical"),
  part(6, 502, 498, "logical"),
];

test.each([
  {
    why: "the root is physically last, whatever its number",
    kind: "gpt",
    partitions: cloud,
    root: 1,
    diskMib: 2000,
    grow: [1],
  },
  {
    why: "a logical root takes its extended partition along",
    kind: "dos",
    partitions: logical,
    root: 6,
    diskMib: 2000,
    grow: [2, 6],
  },
  { why: "there is less than alignment to gain", kind: "gpt", partitions: cloud, root: 1, diskMib: 1001, grow: [] },
  {
    why: "an MBR ends at the end of the disk",
    kind: "dos",
    partitions: [part(1, 1, 99)],
    root: 1,
    diskMib: 101,
    grow: [1],
  },
] as const)("planGrowth(): $why", ({ kind, partitions, root, diskMib, grow }) => {
  expect(plan(kind, [...partitions], root, diskMib)).toEqual({ grow });
});

test.each([
  { partitions: cloud, root: 14, blocker: 15 },
  { partitions: logical, root: 1, blocker: 2 },
  { partitions: logical, root: 5, blocker: 6 },
])("planGrowth() leaves partition $root, which $blocker follows", ({ partitions, root, blocker }) => {
  const warning = `Partition ${root} is followed by partition ${blocker} on the disk; it keeps its size`;
  expect(plan("dos", partitions, root, 2000)).toEqual({ grow: [], warning });
});

test.each([
  { type: "ext4", lines: ["e2fsck -f -p /dev/xvdf1", "resize2fs /dev/xvdf1"] },
  { type: "xfs", lines: [] },
  { type: "btrfs", lines: [] },
])("growUnmounted() goes on where a try has ended that had grown the partition: $type", async ({ type, lines }) => {
  const partition = part(1, 1, 999);
  const table = { kind: "dos", sectorBytes: 512, id: "", partitions: [partition], warnings: [] } as const;
  const filesystem = { type, uuid: "", label: "" };
  const found = { number: 1, path: "/dev/xvdf1", partition, filesystem };
  const layout = { device: "/dev/xvdf", sizeBytes: 1000 * MIB, table, parts: [found] };
  const warnings: string[] = [];
  const runner = recordingRunner();
  const root = { ...found, foundBy: "single" } as const;
  const onWarning = (message: string) => warnings.push(message);
  expect(await growUnmounted({ runner, layout, root, onWarning })).toEqual({ grown: true });
  expect([runner.lines, warnings]).toEqual([lines, []]);
});
