import { hostView } from "../../host/mount-view.ts";
import { unmountBelow } from "../../host/mounts.ts";
import type { ResourceKind } from "../resource-kind.ts";

/** The image's root, mounted where the host can see it (`isolation = "host"`), and everything mounted below it. */
export type MountIntent = { readonly mountPath: string };

export const mountKind: ResourceKind<MountIntent> = {
  name: "mount",
  releaseLabel: (id) => `Unmounting ${id}`,
  find: async (_context, { mountPath }) => mountPath,
  release: async ({ host, clock }, { id }) => {
    await unmountBelow(id, { view: hostView(host), clock });
  },
};
