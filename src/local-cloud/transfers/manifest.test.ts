import { describe, expect, it } from "vitest";
import { manifestText, parseManifest } from "./manifest.ts";

const GIB = 1024 ** 3;

describe("parseManifest()", () => {
  const root = { Device: "/dev/sda1", PreSignedUrl: "http://oos/b/k", Size: GIB };
  const manifestOf = (...Snapshots: object[]) =>
    JSON.stringify({ Version: 1, Image: { ProductTypes: ["0001"], Snapshots } });

  it.each([
    ["a type that is left out", {}, { VolumeType: "standard", DeleteOnTermination: true }],
    ["the iops of io1", { VolumeType: "io1", Iops: 300 }, { VolumeType: "io1", Iops: 300 }],
    ["no iops, said as null", { Iops: null }, { VolumeType: "standard" }],
    ["the iops of gp2, which follow its size", { VolumeType: "gp2", Iops: 100 }, { VolumeType: "gp2" }],
    ["the largest volume", { Size: 14_901 * GIB }, { Size: 14_901 * GIB }],
  ])("takes %s", (_what, said, expected) => {
    expect(parseManifest(manifestOf({ ...root, ...said })).Image.Snapshots).toMatchObject([expected]);
  });

  it.each([
    ["more than a volume has", { Size: 14_901 * GIB + 1 }, "/dev/sda1: Size is 1 to 14901 GiB, not 14902"],
    ["io1 without iops", { VolumeType: "io1" }, "/dev/sda1: An io1 volume needs Iops"],
    ["io1 with no iops", { VolumeType: "io1", Iops: 0 }, "/dev/sda1: An io1 volume needs Iops"],
    ["more iops than a size has", { VolumeType: "io1", Iops: 301 }, "/dev/sda1: Iops is at most 300 per GiB"],
  ])("refuses %s, of which no volume could be made", (_what, said, expected) => {
    expect(() => parseManifest(manifestOf({ ...root, ...said }))).toThrow(`The manifest is wrong: ${expected}`);
  });

  it.each([
    ["/dev/sdb", "/dev/sdb"],
    ["/dev/sdb", "/dev/xvdb"],
  ])("refuses a second disk in a place: %s and %s", (one, other) => {
    const text = manifestOf(root, { ...root, Device: one }, { ...root, Device: other });
    expect(() => parseManifest(text)).toThrow(`The manifest is wrong: ${other}: Another disk is there`);
  });
});

describe("manifestText()", () => {
  const image = { ProductTypes: ["0001"] };
  const textOf = (said: Record<string, string | number | boolean | null>) => {
    const mapping = { Device: "/dev/sda1", Size: GIB, DeleteOnTermination: true, ...said };
    const snapshots = [{ snapshotId: "snap-1", key: "k", file: "f", mapping }];
    return manifestText({ image, snapshots }, (key) => `http://oos/b/${key}`);
  };

  it.each([
    ["the iops of io1", { VolumeType: "io1", Iops: 300 }, 300],
    ["some for io1 of which an older version kept none", { VolumeType: "io1", Iops: null }, 100],
    ["some for io1 with no iops", { VolumeType: "io1", Iops: 0 }, 100],
    ["none for other types", { VolumeType: "standard", Iops: null }, null],
  ])("has %s, and can be read again", (_what, said, iops) => {
    expect(parseManifest(textOf(said)).Image.Snapshots).toMatchObject([{ ...said, Iops: iops }]);
  });
});
