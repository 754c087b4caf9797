import { describe, expect, it } from "vitest";
import { parseMountinfo } from "./mountinfo.ts";
import { filesystemsToZero } from "./zero-free-space.ts";

const devices = ["/dev/xvdf", "/dev/xvdf1", "/dev/xvdf2"];

function mounts(...lines: readonly string[]) {
  return parseMountinfo(
    lines.map((line, index) => `${40 + index} 30 202:${index} ${line.replace(":", " - ")} rw`).join("\n"),
  );
}

describe("filesystemsToZero()", () => {
  it.each([
    { what: "each of the volume's", lines: ["/ /i rw :ext4 /dev/xvdf1", "/ /i/boot rw :xfs /dev/xvdf2"] },
    {
      what: "one of several subvolumes",
      lines: ["/@ /i rw :btrfs /dev/xvdf1", "/@home /i/home rw :btrfs /dev/xvdf1"],
      left: ["/i/home"],
    },
    {
      what: "nothing that a person's command has bound into the image",
      lines: ["/ /i rw :ext4 /dev/xvdf1", "/var/cache /i/var/cache rw :ext4 /dev/sda1"],
      left: ["/i/var/cache"],
    },
    {
      what: "nothing whose place leads to what somebody else has mounted over it",
      lines: ["/ /i rw :ext4 /dev/xvdf1", "/ /i/var/log rw :ext4 /dev/xvdf2", "/var/log /i/var/log rw :ext4 /dev/sda1"],
      left: ["/i/var/log"],
      hidden: ["/i/var/log"],
    },
    { what: "nothing on the same disk that is read only", lines: ["/ /i ro :ext4 /dev/xvdf1"], left: ["/i"] },
    { what: "nothing that has no free blocks of its own", lines: ["/ /i rw :vfat /dev/xvdf1"], left: ["/i"] },
  ])("takes $what", ({ lines, left = [], hidden = [] }) => {
    const table = mounts(...lines);
    const expected = new Set(table.map(({ mountPoint }) => mountPoint).filter((point) => !left.includes(point)));
    const found = filesystemsToZero(table, devices);
    expect(found.filesystems.map(({ mountPoint }) => mountPoint)).toEqual([...expected]);
    expect(found.hidden.map(({ mountPoint }) => mountPoint)).toEqual(hidden);
  });
});
