import { describe, expect, it } from "vitest";
import { namedParts } from "./image-devices.ts";

const partition = { number: 1, startBytes: 0, sizeBytes: 0, type: "x", role: "primary" } as const;

describe("namedParts()", () => {
  it("names what a volume holds as udev does", () => {
    const parts = [
      {
        number: 1,
        path: "/dev/nvme1n1p1",
        partition: { ...partition, uuid: "0a-1b", name: "EFI system" },
        filesystem: { type: "vfat", uuid: "AB12-34CD", label: "" },
      },
      {
        number: 2,
        path: "/dev/nvme1n1p2",
        partition: { ...partition, uuid: "2c-3d", name: "" },
        filesystem: undefined,
      },
    ];
    expect(namedParts(parts)).toEqual([
      { path: "disk/by-uuid/AB12-34CD", target: "../../nvme1n1p1" },
      { path: "disk/by-partuuid/0a-1b", target: "../../nvme1n1p1" },
      { path: "disk/by-partuuid/2c-3d", target: "../../nvme1n1p2" },
    ]);
  });

  it.each(["..", ".", "a/b", "a b", "ä", "$(id)"])("has no link for the label %j", (label) => {
    const parts = [
      { number: 0, path: "/dev/xvdf", partition: undefined, filesystem: { type: "ext4", uuid: "", label } },
    ];
    expect(namedParts(parts)).toEqual([]);
  });
});
