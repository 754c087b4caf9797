import type { MountEntry } from "../../host/mountinfo.ts";
import { isZeroedUnmounted, zeroFreeSpace } from "../../host/zero-free-space.ts";
import { zeroXfsFreeSpace } from "../../host/zero-xfs-free-space.ts";
import type { Build } from "../build.ts";
import type { OpenImage } from "../open-image.ts";
import type { Scope } from "../scope.ts";
import { step } from "../step.ts";
import { type MountedRoot, volumeDevices } from "./mount-device.ts";

/** What was found while it was mounted, for a second try of the step after the unmounting. */
const overwritten = new WeakMap<OpenImage, readonly MountEntry[]>();

export interface CleanUpInput {
  readonly mounted: Scope;
  /** Unmounted once its free space is clean, with `zero_free_space`. */
  readonly image: OpenImage;
  readonly root: MountedRoot;
  /** The size of the scope when nothing but the root was mounted. */
  readonly rootOnly: number;
}

/**
 * Takes the chroot down while the build goes on: leftover processes stopped, files put back, everything unmounted.
 * What cannot be taken down stays with all that is older, so that the step can be tried again: a lent file goes back only
 * while the root is mounted.
 * @throws {LeftoverError} when something cannot be taken down; then the volume is not unlinked
 */
export const cleanUpEarly = step(
  "StepEarlyCleanup",
  async (build: Build, { mounted, image, root, rootOnly }: CleanUpInput): Promise<void> => {
    const { ui, config, signal } = build;
    if (config.zeroFreeSpace && mounted.size >= rootOnly) {
      // Nobody writes to it any longer, and what was put there for the time of provisioning has gone.
      await mounted.releaseBackTo(rootOnly);
      ui.say("Overwriting the free space of the image...");
      const devices = volumeDevices(image.links, root);
      const onWarning = (message: string) => build.warn(`zero_free_space: ${message}`);
      const filesystems = await zeroFreeSpace(image.mountPath, { view: image.view, devices, signal, onWarning });
      for (const { mountPoint } of filesystems) ui.message(mountPoint.slice(image.mountPath.length) || "/");
      overwritten.set(image, filesystems);
    }
    ui.say("Unmounting the image...");
    await mounted.releaseBackTo(0);
    await zeroUnmounted(build, image, overwritten.get(image) ?? []);
  },
);

async function zeroUnmounted({ ui, signal, warn }: Build, image: OpenImage, filesystems: readonly MountEntry[]) {
  for (const mount of filesystems.filter(({ fsType }) => fsType === "xfs")) {
    if (isZeroedUnmounted(mount)) {
      ui.say(`Overwriting the free blocks of the xfs on ${mount.source}...`);
      await zeroXfsFreeSpace(image.runner, mount.source, signal);
    } else {
      warn(
        "zero_free_space: the room that xfs keeps for its own metadata may hold remains, as xfs_db is not installed here (Debian package xfsprogs)",
      );
    }
  }
}
