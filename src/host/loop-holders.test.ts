import { expect, it } from "vitest";
import { describeLoopHolder, parseLoopTable } from "./loop-holders.ts";

it("parseLoopTable() reads what losetup(8) prints, padding and all", () => {
  const text = `{ "loopdevices": [ {"name":"/dev/loop1","back-maj:min":"  254:0  ","back-file":"/mnt/a b"},
    {"name":"/dev/loop2","back-maj:min":"  0:41  ","back-file":null} ] }`;
  expect(parseLoopTable(text)).toEqual([
    { device: "/dev/loop1", number: "254:0", file: "/mnt/a b" },
    { device: "/dev/loop2", number: "0:41", file: "?" },
  ]);
});

it("parseLoopTable() passes over what is being let go of while losetup(8) looks", () => {
  const text = `{ "loopdevices": [ {"name":"/dev/loop1","back-maj:min":null,"back-file":null},
    {"name":null,"back-maj:min":"254:0","back-file":null},
    {"name":"/dev/loop2","back-maj:min":"254:0","back-file":"/mnt/a"} ] }`;
  expect(parseLoopTable(text)).toEqual([{ device: "/dev/loop2", number: "254:0", file: "/mnt/a" }]);
});

it("parseLoopTable() takes no output for no loop devices", () => {
  expect(parseLoopTable("")).toEqual([]);
});

it("describeLoopHolder() says what frees it", () => {
  expect(describeLoopHolder({ device: "/dev/loop7", file: "/mnt/disk.img" })).toBe(
    "the loop device /dev/loop7: its file is /mnt/disk.img (free it: losetup --detach /dev/loop7)",
  );
});
