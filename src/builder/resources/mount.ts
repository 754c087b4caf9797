import { z } from "zod";
import { hostView } from "../../host/mount-view.ts";
import { readMountinfo } from "../../host/mountinfo.ts";
import { unmountBelow } from "../../host/mounts.ts";
import { absolutePath } from "../journal/absolute-path.ts";
import { noFacts, type ResourceKind } from "../resource-kind.ts";

/** The image's root, mounted where the host can see it (`isolation = "host"`), and everything mounted below it. */
const intent = z.strictObject({ mountPath: absolutePath, source: z.string().min(1) });

export const mountKind: ResourceKind<z.infer<typeof intent>, z.infer<typeof noFacts>> = {
  name: "mount",
  intent,
  facts: noFacts,
  isMadeInSteps: true,
  releaseLabel: (id) => `Unmounting ${id}`,
  find: async (_context, { mountPath }) => mountPath,
  release: async ({ host, clock }, { intent: { mountPath, source } }) => {
    // Since the build died somebody may have mounted a disk of his own there, or this machine may have been restarted.
    const mounts = await readMountinfo();
    if (!mounts.some((mount) => mount.mountPoint === mountPath && mount.source === source)) return;
    await unmountBelow(mountPath, { view: hostView(host), clock });
  },
};
