import { describe, expect, it } from "vitest";
import { parseMountinfo } from "../host/mountinfo.ts";
import { mountsToDrop } from "./mounts-to-drop.ts";

const rule = { dropMountPaths: ["/mnt/run-b"], keepPaths: ["/home/me/project"] };

function dropped(lines: readonly string[]): string[] {
  return mountsToDrop(parseMountinfo(lines.join("\n")), rule).map(({ mountPoint }) => mountPoint);
}

describe("mountsToDrop()", () => {
  it("drops other runs' mount paths and removable media, what is below first", () => {
    const mounts = [
      "1 0 8:1 / / rw master:1 - ext4 /dev/sda1 rw",
      "2 1 7:0 / /mnt/run-b rw master:2 - ext4 /dev/loop0 rw",
      "3 2 0:5 / /mnt/run-b/proc rw master:3 - proc proc rw",
      "4 1 8:17 / /media/stick rw master:4 - vfat /dev/sdb1 rw",
      "5 1 7:1 / /mnt/run-bc rw master:5 - ext4 /dev/loop1 rw",
    ];
    const found = dropped(mounts);
    expect([...found].sort()).toEqual(["/media/stick", "/mnt/run-b", "/mnt/run-b/proc"]);
    expect(found.indexOf("/mnt/run-b/proc")).toBeLessThan(found.indexOf("/mnt/run-b"));
  });

  it("drops disks whose unmounting would not reach us, and not those that programs need", () => {
    const mounts = [
      "1 0 8:1 / / rw - ext4 /dev/sda1 rw",
      "2 1 8:2 / /home rw - ext4 /dev/sda2 rw",
      "3 1 8:3 / /var/lib rw - ext4 /dev/sda3 rw",
      "4 1 8:4 / /home/me rw - ext4 /dev/sda4 rw",
      "5 1 8:1 /data /bound rw - ext4 /dev/sda1 rw",
      "6 1 0:9 / /run/x rw - tmpfs tmpfs rw",
      "7 1 7:0 / /mnt/volume rw - ext4 /dev/loop0 rw",
      "8 7 0:10 / /mnt/volume/sub rw - tmpfs tmpfs rw",
      "9 1 0:40 /@ /srv/btrfs rw - btrfs /dev/sdc rw",
    ];
    const found = dropped(mounts);
    expect([...found].sort()).toEqual(["/mnt/volume", "/mnt/volume/sub", "/srv/btrfs"]);
    expect(found.indexOf("/mnt/volume/sub")).toBeLessThan(found.indexOf("/mnt/volume"));
  });

  it("leaves to the host what the host's unmounting reaches", () => {
    const mounts = ["1 0 8:1 / / rw master:1 - ext4 /dev/sda1 rw", "2 1 7:0 / /mnt/volume rw - ext4 /dev/loop0 rw"];
    expect(dropped(mounts)).toEqual([]);
  });
});
