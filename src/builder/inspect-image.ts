import { type MountEntry, mountsBelow, readMountinfo, visibleMounts } from "../host/mountinfo.ts";
import type { Build } from "./build.ts";
import type { ImageInspector, InspectedImage } from "./image-inspector.ts";
import type { OpenImage } from "./open-image.ts";
import { step } from "./step.ts";
import { type MountedRoot, volumeDevices } from "./steps/mount-device.ts";

interface InspectImageInput {
  readonly image: OpenImage;
  readonly root: MountedRoot;
}

/**
 * Lets whoever wants to know what is in the image look at it: before its provisioners run, and afterwards.
 * Without anybody, nothing happens.
 */
export async function inspectImage(
  build: Build,
  moment: keyof ImageInspector,
  { image, root }: InspectImageInput,
): Promise<void> {
  const { inspector } = build;
  if (inspector !== undefined) await inspectStep(build, { moment, inspector, image, root });
}

const inspectStep = step(
  "StepInspectImage",
  async (
    build: Build,
    {
      moment,
      inspector,
      image,
      root,
    }: InspectImageInput & { readonly moment: keyof ImageInspector; readonly inspector: ImageInspector },
  ): Promise<void> => {
    build.ui.say("Inspecting the image...");
    await inspector[moment](await describeMounts(build, { image, root }));
  },
);

/** Where an image is, and what in it is its own. */
export async function describeMounts(
  { config, signal, warn }: Build,
  { image: { sandbox, mountPath, links }, root }: InspectImageInput,
): Promise<InspectedImage> {
  const mounts = mountsBelow(await readMountinfo(sandbox.mountinfoPath), mountPath).reverse();
  const own = new Set(volumeDevices(links, root));
  const inImage = ({ mountPoint }: MountEntry) => mountPoint.slice(mountPath.length) || "/";
  const isOwn = ({ source }: MountEntry) => own.has(source);
  return {
    root: sandbox.hostPath(mountPath),
    mountPoints: visibleMounts(mounts).filter(isOwn).map(inImage),
    ownMounts: mounts.filter(isOwn).map(({ id }) => id),
    foreignMounts: mounts.filter((mount) => !own.has(mount.source)).map(inImage),
    isFromScratch: config.fromScratch,
    signal,
    warn,
  };
}
