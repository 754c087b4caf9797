import { realpath } from "node:fs/promises";
import {
  type ChrootMount,
  chosenChrootMounts,
  type ImageMountHandle,
  mountInImage,
  unmountTogether,
} from "../../chroot/image-mounts.ts";
import { mountScriptFolder } from "../../chroot/script-folder.ts";
import { ChrootError, messageOf } from "../../common/errors.ts";
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

/** What was mounted for provisioning. */
export interface ExtraMounts {
  /** A folder of the image for scripts that we put there: in memory, or `/tmp` where that is not to be had. */
  readonly scriptFolder: string;
}

/**
 * Mounts what the image needs while it is provisioned: its own `/boot` and ESP, as its fstab says, `chroot_mounts`, and a
 * folder for scripts. Every place is resolved inside the image, so that its links cannot lead outside.
 *
 * Acquires: these mounts, but not those of the fstab, and the mount points that were made for them.
 */
export const mountExtra = step(
  "StepMountExtra",
  async (build: Build, { image, root, mounted }: MountExtraInput): Promise<ExtraMounts> => {
    const { ui, config } = build;
    const { sandbox, view, mountPath, window } = image;
    ui.say("Mounting additional paths within the chroot...");
    const onWarning = (message: string) => build.warn(message);
    const devices = root.layout.parts.map(({ path }) => path);
    const held: ImageMountHandle[] = [];
    const parts = await window.mounting(devices, () =>
      mountImageParts({ sandbox, view, mountPath, ...root, onWarning }),
    );
    for (const { source, mountPoint } of parts) ui.message(`${source} on ${mountPoint}`);
    for (const mount of chosenChrootMounts(config.chrootMounts)) {
      const mountIt = () => mountInImage({ view, mountPath, isSeen: sandbox.isolation === "host" }, mount);
      const handle = await window.mounting(await sourcesOf(mount, image), mountIt);
      held.push(handle);
      holdMount(build, mounted, handle);
      ui.message(`${mount.source} on ${mount.target}`);
    }
    // Leaves mostly nothing to do for the others. After the window's copies, which are known by what is mounted in here.
    mounted.defer("Unmounting what was mounted for provisioning", () => unmountTogether(view, held));
    await window.seal();
    await warnOfNoexec(build, image);
    return { scriptFolder: await openScriptFolder(build, image, mounted) };
  },
);

function holdMount(build: Build, mounted: Scope, handle: ImageMountHandle): void {
  mounted.defer(`Unmounting ${handle.target}`, () => handle.release((message) => build.warn(message)));
}

/** An image whose root folder cannot be written to may still have a `/tmp` that can. */
async function openScriptFolder(build: Build, { view, mountPath }: OpenImage, mounted: Scope): Promise<string> {
  try {
    const handle = await mountScriptFolder({ view, mountPath });
    holdMount(build, mounted, handle);
    return handle.target;
  } catch (error) {
    if (!(error instanceof ChrootError)) throw error;
    build.warn(`Scripts go to the image's /tmp, which may be on its disk: ${messageOf(error)}`);
    return "/tmp";
  }
}

/** As the mount table will name it: a folder that is bound has the source of the mount that it lies on. */
async function sourcesOf({ fsType, source }: ChrootMount, { sandbox }: OpenImage): Promise<readonly string[]> {
  if (fsType !== "bind") return [source];
  const folder = await realpath(source).catch(() => source);
  return [mountOf(await readMountinfo(sandbox.mountinfoPath), folder)?.source ?? source];
}

/** What the user mounts there, or the whole root with, is the user's; why nothing runs from it is told before it does not. */
async function warnOfNoexec(build: Build, { sandbox, mountPath }: OpenImage): Promise<void> {
  const mount = mountOf(await readMountinfo(sandbox.mountinfoPath), `${mountPath}/tmp`);
  if (!mount?.options.includes("noexec")) return;
  const where = `${mount.source} on ${mount.mountPoint.slice(mountPath.length) || "/"}`;
  build.warn(`Nothing in the image's /tmp can be run: it is mounted with noexec (${where})`);
}
