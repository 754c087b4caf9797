import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DeviceError } from "../common/errors.ts";
import { availableDevice, chooseDeviceName, readLocalDeviceNames } from "./device-name.ts";

const letters = (text: string) => [...text].map((letter) => `/dev/xvd${letter}`);

test.each([
  { why: "the first choice", vmMappings: ["/dev/sda1"], localNames: [], expected: "/dev/xvdf" },
  { why: "sd and xvd are one slot", vmMappings: ["/dev/sdf", "/dev/xvdg"], localNames: [], expected: "/dev/xvdh" },
  { why: "a local node", vmMappings: [], localNames: ["xvdf", "sdg"], expected: "/dev/xvdh" },
  { why: "a local partition alone", vmMappings: [], localNames: ["xvdf1"], expected: "/dev/xvdg" },
  { why: "a serial", vmMappings: [], localNames: ["sdf"], expected: "/dev/xvdg" },
  { why: "after p comes b", vmMappings: letters("fghijklmnop"), localNames: [], expected: "/dev/xvdb" },
  { why: "b to e, then q", vmMappings: letters("bcdefghijklmnop"), localNames: [], expected: "/dev/xvdq" },
  {
    why: "two letters last",
    vmMappings: letters("bcdefghijklmnopqrstuvwxyz"),
    localNames: ["xvdba"],
    expected: "/dev/xvdbb",
  },
  { why: "a request", vmMappings: [], localNames: [], requested: "/dev/sdh", expected: "/dev/sdh" },
  { why: "vd becomes xvd", vmMappings: [], localNames: [], requested: "/dev/vdc", expected: "/dev/xvdc" },
  {
    why: "a kernel name sdf is no hindrance to xvdf",
    vmMappings: [],
    localNames: ["sdf"],
    requested: "/dev/xvdf",
    expected: "/dev/xvdf",
  },
])("chooseDeviceName(): $why", ({ expected, ...input }) => {
  expect(chooseDeviceName(input)).toBe(expected);
});

test.each([
  ["/dev/xvda", "cannot be given to a volume"],
  ["/dev/xvdf1", "cannot be given to a volume"],
  ["/dev/nvme1n1", "cannot be given to a volume"],
  ["xvdf", "cannot be given to a volume"],
  ["/dev/sdg", 'is linked as "/dev/sdg" to this VM already'],
  ["/dev/xvdk", "exists on this machine already"],
  ["/dev/vdk", "exists on this machine already"],
])("chooseDeviceName() refuses %j as device_path", (requested, message) => {
  const choose = () => chooseDeviceName({ vmMappings: ["/dev/xvdg"], localNames: ["xvdk1"], requested });
  expect(choose).toThrow(DeviceError);
  expect(choose).toThrow(message);
});

test("chooseDeviceName() says when nothing is free", () => {
  const one = letters("bcdefghijklmnopqrstuvwxyz");
  const two = one.flatMap((name) => [..."abcdefghijklmnopqrstuvwxyz"].map((letter) => name + letter));
  expect(() => chooseDeviceName({ vmMappings: one, localNames: two })).toThrow("No device name is free");
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "device-name-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("readLocalDeviceNames() reads nodes, links and by-id names, and no other names", async () => {
  await mkdir(join(folder, "disk/by-id"), { recursive: true });
  for (const name of ["xvdf", "xvdf1", "sda", "null", "vdb", "disk/by-id/scsi-0QEMU_QEMU_HARDDISK_sdh-part1"]) {
    await writeFile(join(folder, name), "");
  }
  const { names, tellSlots } = await readLocalDeviceNames(folder);
  expect(names).toEqual(expect.arrayContaining(["sda", "sdh", "vdb", "xvdf", "xvdf1"]));
  expect(names).not.toContain("null");
  expect(tellSlots).toBe(true);
});

test("availableDevice() gives a name that is free here and in the VM's mappings", async () => {
  await writeFile(join(folder, "xvdf"), "");
  expect(await availableDevice({ deviceFolder: folder, vmMappings: ["/dev/sdg"] })).toBe("/dev/xvdh");
});
