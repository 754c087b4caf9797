import { describe, expect, it } from "vitest";
import { parseMountinfo } from "../host/mountinfo.ts";
import { unrestrictedMounts } from "./later-mounts.ts";

/** Lines of `ID MOUNT_POINT OPTIONS TYPE`. */
function mounts(...lines: readonly string[]) {
  const rows = lines.map((line) => {
    const [id, mountPoint, options, type] = line.split(" ");
    return `${id} 1 0:${id} / ${mountPoint} ${options} master:7 - ${type} source rw`;
  });
  return parseMountinfo(rows.join("\n"));
}

const BEGINNING = ["50 / rw,nodev,relatime ext4", "51 /dev/null rw,nosuid devtmpfs", "52 /dev/pts rw devpts"];

describe("unrestrictedMounts()", () => {
  it.each([
    { what: "nothing of what was there from the beginning", later: [], expected: [] },
    {
      what: "what came later, with the flags it has",
      later: ["60 /var/cache/apt rw,nosuid,relatime tmpfs"],
      expected: [{ id: 60, mountPoint: "/var/cache/apt", options: "remount,bind,nosuid,relatime,nodev" }],
    },
    { what: "nothing that has its flags already", later: ["60 /mnt rw,nodev tmpfs"], expected: [] },
    {
      what: "the kernel's settings, which are not to be written either",
      later: ["60 /jail/proc rw,nodev proc", "61 /jail/sys ro,nosuid,nodev,noexec sysfs"],
      expected: [{ id: 60, mountPoint: "/jail/proc", options: "remount,bind,nodev,ro,nosuid,noexec" }],
    },
    {
      what: "nothing that no path leads to",
      later: ["60 /mnt rw tmpfs", "61 /mnt rw,nodev tmpfs"],
      expected: [],
    },
    {
      what: "all of it below a mount over the root, which only hides itself from some",
      later: ["60 /mnt rw tmpfs", "61 / rw tmpfs"],
      expected: [
        { id: 60, mountPoint: "/mnt", options: "remount,bind,nodev" },
        { id: 61, mountPoint: "/", options: "remount,bind,nodev" },
      ],
    },
    {
      what: "one that has the number of one that has gone",
      later: ["51 /mnt rw tmpfs"],
      beginning: BEGINNING.slice(0, 1),
      expected: [{ id: 51, mountPoint: "/mnt", options: "remount,bind,nodev" }],
    },
  ])("names $what", ({ later, beginning = BEGINNING, expected }) => {
    expect(unrestrictedMounts(mounts(...beginning, ...later), mounts(...BEGINNING))).toEqual(expected);
  });
});
