import { existsSync } from "node:fs";
import type { DeviceLinks } from "../../host/device-links.ts";
import { findRoot, type RootPart } from "../../host/find-root.ts";
import { growMounted, growUnmounted } from "../../host/grow-filesystem.ts";
import { mountRoot } from "../../host/mount-root.ts";
import type { LookView } from "../../host/mount-view.ts";
import type { MountEntry } from "../../host/mountinfo.ts";
import { unmountBelow } from "../../host/mounts.ts";
import { readVolumeLayout, type VolumeLayout } from "../../host/probe-filesystem.ts";
import { requireSystem } from "../../host/require-system.ts";
import type { Build } from "../build.ts";
import { withLookView } from "../look-view.ts";
import { assertNothingMounted, makeMountFolder } from "../mount-folder.ts";
import type { OpenImage } from "../open-image.ts";
import type { Scope } from "../scope.ts";
import { step } from "../step.ts";
import type { SourceOmi } from "./check-root-device.ts";
import type { RootVolume } from "./create-volume.ts";

/** The image's root file system, mounted at the image's `mountPath`. */
export interface MountedRoot {
  readonly layout: VolumeLayout;
  readonly root: RootPart;
}

/** What file systems of the volume are mounted from: whatever else is mounted in the image belongs to somebody else. */
export function volumeDevices({ device }: Pick<DeviceLinks, "device">, { layout }: MountedRoot): readonly string[] {
  return [device, ...layout.parts.map(({ path }) => path)];
}

export interface MountDeviceInput {
  readonly image: OpenImage;
  readonly volume: RootVolume;
  readonly source: SourceOmi | undefined;
  readonly mounted: Scope;
}

/**
 * Finds the root file system on the volume, grows it if the volume is larger than its source, and mounts it.
 *
 * Acquires: the mount folder, unless the window has made it, and the mount with whatever is mounted below it until the end.
 * @throws {DeviceError} when no root, or more than one, is found, or what was found is no system
 * @throws {MountError} when the mount path is in use
 */
export const mountDevice = step(
  "StepMountDevice",
  async (build: Build, { image, volume, source, mounted }: MountDeviceInput): Promise<MountedRoot> => {
    const { config, ui } = build;
    const { sandbox, runner, view, links, mountPath } = image;
    const layout = await readVolumeLayout(runner, links.device);
    const { fromScratch } = config;
    const requested = config.mountPartition?.toString();
    const look = <Found>(use: (view: LookView) => Promise<Found>) =>
      withLookView(build, { image, scope: mounted }, use);
    const root = await look((lookView) => findRoot({ view: lookView, layout, requested, fromScratch }));
    const grows = (source?.rootMapping.Bsu?.VolumeSize ?? volume.sizeGib) < volume.sizeGib;
    const onWarning = (message: string) => build.warn(message);
    const grown = grows && (await growUnmounted({ runner, layout, root, onWarning })).grown;
    await links.refresh();
    if (sandbox.isolation === "private") {
      await assertNothingMounted(sandbox.mountinfoPath, mountPath);
      await makeMountFolder(mounted, mountPath);
    }
    ui.say(`Mounting the root file system (${describeRoot(root)})...`);
    mounted.defer(`Unmounting ${mountPath}`, () => unmountInside(build, image));
    const { mountOptions: userOptions } = config;
    await image.window.mounting([root.path], () =>
      look((lookView) => mountRoot({ view, lookView, root, mountPath, userOptions })),
    );
    build.journal.root(root.number, config.mountOptions);
    await requireSystem({ view, root, mountPath, userOptions: config.mountOptions, onWarning });
    if (grown) await growMounted({ view, root, mountPath });
    ui.message(`Mounted on ${mountPath}`);
    return { layout, root };
  },
);

function describeRoot({ path, number, filesystem }: RootPart): string {
  return `${filesystem.type} on ${number === 0 ? "the whole device" : `partition ${number}`}, ${path}`;
}

/**
 * A sandbox that has ended has taken its mounts along. The window stays for what is mounted there when the step is tried again: on
 * the bare folder nobody outside would see it.
 */
async function unmountInside({ clock }: Build, { view, mountPath, window }: OpenImage): Promise<void> {
  const spares = (entry: MountEntry) => window.isIt(entry);
  if (existsSync(view.mountinfoPath)) await unmountBelow(mountPath, { view, clock, spares });
}
