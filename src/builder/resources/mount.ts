import { hostView } from "../../host/mount-view.ts";
import { readMountinfo } from "../../host/mountinfo.ts";
import { unmountBelow } from "../../host/mounts.ts";
import type { ResourceKind } from "../resource-kind.ts";

/** The image's root, mounted where the host can see it (`isolation = "host"`), and everything mounted below it. */
export type MountIntent = { readonly mountPath: string; readonly source: string };

export const mountKind: ResourceKind<MountIntent> = {
  name: "mount",
  releaseLabel: (id) => `Unmounting ${id}`,
  find: async (_context, { mountPath }) => mountPath,
  release: async ({ host, clock }, { id, intent }) => {
    // Since the build died somebody may have mounted a disk of his own there, or this machine may have been restarted.
    const mounts = await readMountinfo();
    if (!mounts.some(({ mountPoint, source }) => mountPoint === id && source === intent.source)) return;
    await unmountBelow(id, { view: hostView(host), clock });
  },
};
