import { realpath } from "node:fs/promises";
import {
  type ChrootMount,
  chosenChrootMounts,
  type ImageMountHandle,
  mountInImage,
  unmountTogether,
} from "../../chroot/image-mounts.ts";
import { RootFolder } from "../../chroot/root-folder.ts";
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
    removeMountPoints(build, image);
    for (const mount of chosenChrootMounts(config.chrootMounts)) {
      const seen = { view, mountPath, isSeen: sandbox.isolation === "host" };
      const handle = await holdMount(build, mounted, async (onMake) =>
        window.mounting(await sourcesOf(mount, image), () => mountInImage(seen, mount, onMake)),
      );
      held.push(handle);
      ui.message(`${mount.source} on ${mount.target}`);
    }
    // Leaves mostly nothing to do for the others. After the window's copies, which are known by what is mounted in here.
    mounted.defer("Unmounting what was mounted for provisioning", () => unmountTogether(view, held));
    await window.seal();
    await warnOfNoexec(build, image);
    return { scriptFolder: await openScriptFolder(build, image, mounted) };
  },
);

/** Mount points that a killed run had made. Its mounts have gone with it; those of this run are not there yet. */
function removeMountPoints({ resumed, journal }: Build, { sandbox, mountPath }: OpenImage): void {
  const root = new RootFolder(sandbox.hostPath(mountPath));
  for (const loan of [...(resumed?.loans ?? [])].reverse()) {
    if ("sha256" in loan) continue;
    root.removeEmptyFolders(loan.madeFolders);
    journal.returned(loan.path);
  }
}

type OnMake = (folders: readonly string[]) => void;

/** Mounts something that is unmounted with the scope. A mount point that is made for it is in the journal meanwhile. */
async function holdMount(
  { journal, warn }: Build,
  mounted: Scope,
  mount: (onMake: OnMake) => Promise<ImageMountHandle>,
): Promise<ImageMountHandle> {
  let lent: string | undefined;
  const handle = await mount((madeFolders) => {
    lent = madeFolders.at(-1);
    if (lent !== undefined) journal.lent({ path: lent, madeFolders });
  });
  mounted.defer(`Unmounting ${handle.target}`, async () => {
    await handle.release(warn);
    if (lent !== undefined) journal.returned(lent);
  });
  return handle;
}

/** An image whose root folder cannot be written to may still have a `/tmp` that can. */
async function openScriptFolder(build: Build, { view, mountPath }: OpenImage, mounted: Scope): Promise<string> {
  try {
    return (await holdMount(build, mounted, (onMake) => mountScriptFolder({ view, mountPath }, onMake))).target;
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
