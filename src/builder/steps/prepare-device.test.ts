import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { builderVm, vm } from "../../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { DeviceError } from "../../common/errors.ts";
import type { RawConfig } from "../../definition/raw-value.ts";
import { prepareDevice } from "./prepare-device.ts";

const mapped = (...names: string[]) => vm({ BlockDeviceMappings: names.map((DeviceName) => ({ DeviceName })) });

/** A build whose machine has these names in its device folder. */
async function buildWith(names: readonly string[], options: Parameters<typeof fakeBuild>[0] = {}) {
  const fake = await fakeBuild(options);
  for (const name of names) writeFileSync(join(fake.build.config.deviceFolder, name), "");
  return fake;
}

describe("prepareDevice()", () => {
  it("takes the first name that neither the VM, nor this machine, nor an earlier try has", async () => {
    await using fake = await buildWith(["xvdg"], {
      api: { readVms: () => ({ Vms: [mapped("/dev/sda1", "/dev/sdf")] }) },
    });
    const choice = await prepareDevice(fake.build, { vm: builderVm, taken: ["/dev/xvdh"] });
    expect(choice.deviceName).toBe("/dev/xvdi");
    expect(choice.before.deviceFolder).toBe(fake.build.config.deviceFolder);
    expect(fake.calls).toEqual([["readVms", { Filters: { VmIds: ["i-1"] } }]]);
    expect(fake.ui.of("message")).toEqual(["Device name: /dev/xvdi"]);
  });

  it("knows whether a device will prove what it is", async () => {
    const api = { readVms: () => ({ Vms: [mapped("/dev/sda1")] }) };
    const isProvable = async (config: RawConfig, names: readonly string[]) => {
      await using fake = await buildWith([], { api, config });
      const byId = join(fake.build.config.deviceFolder, "disk/by-id");
      mkdirSync(byId, { recursive: true });
      for (const name of names) writeFileSync(join(byId, name), "");
      return (await prepareDevice(fake.build, { vm: builderVm, taken: [] })).isProvable;
    };
    expect(await isProvable({}, ["scsi-0QEMU_QEMU_HARDDISK_sda"])).toBe(true);
    expect(await isProvable({ nvme_device_path: "/dev/nvme1n1" }, ["scsi-0QEMU_QEMU_HARDDISK_sda"])).toBe(false);
  });

  it("takes device_path, or says that it is taken", async () => {
    const options = { config: { device_path: "/dev/xvdq" }, api: { readVms: () => ({ Vms: [mapped("/dev/sda1")] }) } };
    await using fake = await buildWith([], options);
    expect(await prepareDevice(fake.build, { vm: builderVm, taken: [] })).toMatchObject({ deviceName: "/dev/xvdq" });
    const taken = prepareDevice(fake.build, { vm: builderVm, taken: ["/dev/xvdq"] });
    await expect(taken).rejects.toThrow(DeviceError);
  });
});
