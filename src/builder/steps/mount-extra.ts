import { chosenChrootMounts, mountInImage } from "../../chroot/image-mounts.ts";
import { mountOf, readMountinfo } from "../../host/mountinfo.ts";
import type { Build } from "../build.ts";
import { mountImageParts } from "../mount-image-parts.ts";
import type { OpenImage } from "../open-image.ts";
import type { Scope } from "../scope.ts";
import { step } from "../step.ts";
import type { MountedRoot } from "./mount-device.ts";

export interface MountExtraInput {
  readonly image: OpenImage;
  readonly root: MountedRoot;
  readonly mounted: Scope;
}

/**
 * Mounts what the image needs while it is provisioned: its own `/boot` and ESP, as its fstab says, and `chroot_mounts`.
 * Every place is resolved inside the image, so that its links cannot lead outside.
 *
 * Acquires: the mounts of `chroot_mounts` and the mount points that were made for them.
 */
export const mountExtra = step(
  "StepMountExtra",
  async (build: Build, { image, root, mounted }: MountExtraInput): Promise<void> => {
    const { ui, config } = build;
    const { view, mountPath } = image;
    ui.say("Mounting additional paths within the chroot...");
    const { sandbox } = image;
    const onWarning = (message: string) => build.warn(message);
    for (const { source, mountPoint } of await mountImageParts({ sandbox, view, mountPath, ...root, onWarning })) {
      ui.message(`${source} on ${mountPoint}`);
    }
    for (const mount of chosenChrootMounts(config.chrootMounts)) {
      const handle = await mountInImage({ view, mountPath }, mount);
      mounted.defer(`Unmounting ${handle.target}`, () => handle.release());
      ui.message(`${mount.source} on ${mount.target}`);
    }
    await warnOfNoexec(build, image);
  },
);

/** What the user mounts there, or the whole root with, is the user's; why nothing runs from it is told before it does not. */
async function warnOfNoexec(build: Build, { sandbox, mountPath }: OpenImage): Promise<void> {
  const mount = mountOf(await readMountinfo(sandbox.mountinfoPath), `${mountPath}/tmp`);
  if (!mount?.options.includes("noexec")) return;
  const where = `${mount.source} on ${mount.mountPoint.slice(mountPath.length) || "/"}`;
  build.warn(`Scripts in the image's /tmp cannot be run: it is mounted with noexec (${where})`);
}
