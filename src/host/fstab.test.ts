import { expect, test } from "vitest";
import { matchSource, parseFstab, unescapeUdev } from "./fstab.ts";
import type { VolumePart } from "./probe-filesystem.ts";

const part = (number: number, uuid: string, label: string): VolumePart => ({
  number,
  path: `/dev/loop7p${number}`,
  partition: {
    number,
    startBytes: 0,
    sizeBytes: 1,
    type: "",
    uuid: `part-${number}`,
    name: `name-${number}`,
    role: "primary",
  },
  filesystem: { type: "ext4", uuid, label },
});
const PARTS = [part(1, "aaaa", "root"), part(2, "BBBB-1", "two words"), { ...part(3, "", ""), filesystem: undefined }];

test("parseFstab() reads entries, escapes and defaults, and leaves out the rest", () => {
  expect(parseFstab("# a comment\n\nUUID=x / ext4\n  LABEL=a\\040b\t/a\\040b  xfs ro,noauto 0 0\nbroken /x\n")).toEqual(
    [
      { source: "UUID=x", mountPoint: "/", type: "ext4", options: ["defaults"] },
      { source: "LABEL=a b", mountPoint: "/a b", type: "xfs", options: ["ro", "noauto"] },
    ],
  );
});

test.each([
  ["UUID=aaaa", [1]],
  ["UUID=AAAA", [1]],
  ["UUID=bbbb-1", [2]],
  ['UUID="aaaa"', [1]],
  ["UUID=", []],
  ["UUID=of-the-host", []],
  ["LABEL=two words", [2]],
  ["LABEL=Root", []],
  ["PARTUUID=PART-3", [3]],
  ["PARTLABEL=name-2", [2]],
  ["/dev/disk/by-uuid/aaaa", [1]],
  ["/dev/disk/by-label/root", [1]],
  ["/dev/disk/by-label/two\\x20words", [2]],
  ["/dev/disk/by-partlabel/name-2", [2]],
  ["/dev/disk/by-partuuid/part-3", [3]],
  ["/dev/disk/by-uuid/BBBB\\x2d1", [2]],
  ["/dev/vda2", [2]],
  ["/dev/sda1", [1]],
  ["/dev/nvme0n1p3", [3]],
  ["/dev/sdb1", []],
  ["/dev/mapper/vg-root", []],
  ["tmpfs", []],
  ["aaaa", []],
])("matchSource(%j) looks only among the volume's parts", (source, numbers) => {
  expect(matchSource(source, PARTS).map(({ number }) => number)).toEqual(numbers);
});

test.each([
  ["opt\\x20part", "opt part"],
  ["a\\x2Fb\\x5cx20", "a/b\\x20"],
  ["\\xc3\\xbcber", "über"],
  ["über\\x", "über\\x"],
])("unescapeUdev(%j) is %j", (name, plain) => expect(unescapeUdev(name)).toBe(plain));
