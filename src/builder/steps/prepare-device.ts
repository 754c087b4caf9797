import { chooseDeviceName, readLocalDeviceNames } from "../../host/device-name.ts";
import { type DeviceSnapshot, snapshotDevices } from "../../host/find-device.ts";
import type { Build } from "../build.ts";
import { step } from "../step.ts";
import { type BuilderVm, describeVm } from "./vm-info.ts";

/** The name to link under, and what this machine looked like before: what is new afterwards is the volume. */
export interface DeviceChoice {
  readonly deviceName: string;
  readonly before: DeviceSnapshot;
  /**
   * Is the device told from all others by what it says of itself? Then nobody else has to be kept from linking until it is
   * seen; else what is new on this machine must be ours alone.
   */
  readonly isProvable: boolean;
}

export interface PrepareDeviceInput {
  readonly vm: BuilderVm;
  /** Names that turned out to be taken. */
  readonly taken: readonly string[];
}

/**
 * Chooses a device name that neither the VM's mappings nor this machine uses.
 * @throws {DeviceError} when `device_path` is taken, or nothing is free
 */
export const prepareDevice = step(
  "StepPrepareDevice",
  async (build: Build, { vm, taken }: PrepareDeviceInput): Promise<DeviceChoice> => {
    const { config, ui } = build;
    const { BlockDeviceMappings } = await describeVm(build, vm.id);
    const local = await readLocalDeviceNames(config.deviceFolder);
    const deviceName = chooseDeviceName({
      vmMappings: [...BlockDeviceMappings.map(({ DeviceName }) => DeviceName), ...taken],
      localNames: local.names,
      requested: config.devicePath,
    });
    ui.message(`Device name: ${deviceName}`);
    const before = await snapshotDevices(config.deviceFolder);
    return { deviceName, before, isProvable: local.tellSlots && config.nvmeDevicePath === undefined };
  },
);
