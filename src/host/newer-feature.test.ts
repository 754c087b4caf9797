import { expect, test } from "vitest";
import { findNewerFeature } from "./newer-feature.ts";

test.each([
  [
    "e2fsck 1.47.0 (5-Feb-2023)\n/dev/sda1 has unsupported feature(s): FEATURE_C30 FEATURE_R31 \ne2fsck: Get a newer",
    "FEATURE_C30 FEATURE_R31",
  ],
  ["Superblock has unknown compat/rocompat/incompat features (0x0/0x8/0x0).\nUsing a more recent", "(0x0/0x8/0x0)"],
  ["Opening filesystem...\ncouldn't open because of unsupported option features (40000).\nERROR: x", "(40000)"],
  ["ERROR: unsupported checksum algorithm 23130", undefined], // what a broken superblock looks like
  ["/dev/sda1: Entry 'x' in / (2) has deleted/unused inode 12. Clear? no", undefined],
  ["bad primary superblock - bad CRC in superblock !!!", undefined],
  ["", undefined],
])("findNewerFeature(%j) is %j", (output, feature) => expect(findNewerFeature(output)).toBe(feature));
