import { findLinkedDevice } from "../../host/find-device.ts";
import { insist } from "../../outscale/insist.ts";
import type { Build } from "../build.ts";
import { type LinkFacts, linkKind } from "../resources/link.ts";
import { tellWentBack } from "../resources/tell-went-back.ts";
import type { Lease, Scope } from "../scope.ts";
import { step } from "../step.ts";
import type { RootVolume } from "./create-volume.ts";
import type { DeviceChoice } from "./prepare-device.ts";
import type { BuilderVm } from "./vm-info.ts";
import { waitProgress } from "./wait-progress.ts";

/** The volume as this machine sees it. */
export interface LinkedDevice {
  /** As the API knows it: `/dev/xvdf`. */
  readonly deviceName: string;
  /** The real block device: `/dev/sda`, `/dev/loop3`. */
  readonly path: string;
  readonly lease: Lease<LinkFacts>;
}

export interface LinkVolumeInput {
  readonly vm: BuilderVm;
  readonly volume: RootVolume;
  readonly choice: DeviceChoice;
  readonly linked: Scope;
  /** Called when the service has the link on its books: from now on nobody is given the name. */
  readonly onAccepted?: () => Promise<void>;
}

const BYTES_PER_GIB = 1024 ** 3;

/**
 * Links the volume to this VM and finds the device that it became, by its identity.
 *
 * Acquires: the link, released only when nothing uses the device any more.
 * @throws {DeviceError} when what appeared cannot be told to be the volume
 */
export const linkVolume = step(
  "StepLinkVolume",
  async (build: Build, { vm, volume, choice, linked, onAccepted }: LinkVolumeInput): Promise<LinkedDevice> => {
    const { api, config, ui, waiters, signal, clock } = build;
    const { deviceName, before, isProvable } = choice;
    ui.say(`Linking the volume ${volume.id} as ${deviceName}...`);
    const intent = { volumeId: volume.id, vmId: vm.id, deviceName };
    const link = () => api.linkVolume({ VolumeId: volume.id, VmId: vm.id, DeviceName: deviceName });
    const lease = await linked.acquire(linkKind, intent, async () => {
      await link();
      return volume.id;
    });
    if (isProvable) await onAccepted?.();
    const onProgress = waitProgress(build, `the link of ${volume.id}`);
    await insist({
      isAsked: true,
      ask: link,
      wait: () => waiters.link(volume.id, { until: "linked", signal, onProgress }),
      onWentBack: tellWentBack(build),
    });
    const device = await findLinkedDevice({
      deviceName,
      before,
      sizeBytes: volume.sizeGib * BYTES_PER_GIB,
      nvmeDevicePath: config.nvmeDevicePath,
      mustProve: isProvable,
      deadlineMs: config.timeouts.link,
      clock,
      signal,
      onWait: (message) => ui.message(message),
    });
    lease.note({ device: device.path });
    ui.message(`Linked: ${deviceName} is ${device.path} on this VM (found by ${device.foundBy})`);
    return { deviceName, path: device.path, lease };
  },
);
