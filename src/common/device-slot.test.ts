import { expect, test } from "vitest";
import { byIdLink, isLinkableName, isSlotSerial, serialOf, slotOf } from "./device-slot.ts";

test.each([
  ["/dev/sdf", "f"],
  ["/dev/xvdf", "f"],
  ["xvdf1", "f"],
  ["vdb", "b"],
  ["/dev/xvdba", "ba"],
  ["/dev/sda1", "a"],
])("slotOf(%j) is %j, and the serial and the link are made of it", (name, slot) => {
  expect(slotOf(name)).toBe(slot);
  expect(serialOf(name)).toBe(`sd${slot}`);
  expect(byIdLink(name)).toBe(`disk/by-id/scsi-0QEMU_QEMU_HARDDISK_sd${slot}`);
  expect(isSlotSerial(serialOf(name))).toBe(true);
});

test("isLinkableName() takes what the API takes", () => {
  const names = ["/dev/sdb", "/dev/xvdzz", "/dev/sda", "/dev/sda1", "/dev/vdb", "sdb", "/dev/sdb1", "/dev/xvdabc"];
  expect(names.filter(isLinkableName)).toEqual(["/dev/sdb", "/dev/xvdzz"]);
});

test("isSlotSerial() knows a slot from a maker's serial", () => {
  const serials = ["sdf", "sdba", "vol-12345678", "SDF", "sd", undefined];
  expect(serials.filter(isSlotSerial)).toEqual(["sdf", "sdba"]);
});
