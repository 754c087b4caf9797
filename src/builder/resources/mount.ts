import { z } from "zod";
import { readBootId } from "../../host/boot-id.ts";
import { hostView } from "../../host/mount-view.ts";
import { readMountinfo } from "../../host/mountinfo.ts";
import { unmountBelow } from "../../host/mounts.ts";
import { absolutePath } from "../journal/absolute-path.ts";
import { noFacts, type ResourceKind } from "../resource-kind.ts";

/** The image's root, mounted where the host can see it (`isolation = "host"`), and everything mounted below it. */
const intent = z.strictObject({
  mountPath: absolutePath,
  source: z.string().min(1),
  /** Of the boot of this machine that the mount is of. */
  bootId: z.string().optional(),
});

export const mountKind: ResourceKind<z.infer<typeof intent>, z.infer<typeof noFacts>> = {
  name: "mount",
  intent,
  facts: noFacts,
  isMadeInSteps: true,
  releaseLabel: (id) => `Unmounting ${id}`,
  find: async (_context, { mountPath }) => mountPath,
  release: async ({ host, clock }, { intent: { mountPath, source, bootId } }) => {
    // No mount outlives a restart: what is there now is somebody else's, whatever the names of path and device.
    if (bootId !== undefined && bootId !== readBootId()) return;
    // Since the build died somebody may have mounted a disk of his own there.
    const mounts = await readMountinfo();
    if (!mounts.some((mount) => mount.mountPoint === mountPath && mount.source === source)) return;
    await unmountBelow(mountPath, { view: hostView(host), clock });
  },
};
