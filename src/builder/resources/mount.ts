import { z } from "zod";
import { readBootId } from "../../host/boot-id.ts";
import { hostView } from "../../host/mount-view.ts";
import { isBelow, isSameMount, type MountEntry } from "../../host/mountinfo.ts";
import { unmountOwn } from "../../host/unmount-own.ts";
import { absolutePath } from "../journal/absolute-path.ts";
import type { ResourceKind } from "../resource-kind.ts";

/** The window at which the host sees the image (`isolation = "host"`), and what the build has mounted there. */
const intent = z.strictObject({
  mountPath: absolutePath,
  /** What the mount table calls the window. */
  source: z.string().min(1),
  /** Of the boot of this machine that the mount is of. */
  bootId: z.string().optional(),
});

const identity = z.strictObject({
  id: z.int(),
  parentId: z.int(),
  device: z.string(),
  root: z.string(),
  fsType: z.string(),
});

const facts = z.strictObject({
  /** The mounts that are there, each proven to be the build's. */
  mounts: z.array(identity).optional(),
  /** What is about to be mounted, as the mount table will name it; it may be there already. */
  expected: z.array(z.string()).optional(),
});

export type MountFacts = z.infer<typeof facts>;

export const mountKind: ResourceKind<z.infer<typeof intent>, MountFacts> = {
  name: "mount",
  intent,
  facts,
  isOfMachine: true,
  isMadeInSteps: true,
  releaseLabel: (id) => `Unmounting ${id}`,
  find: async (_context, { mountPath }) => mountPath,
  release: async ({ host, clock }, { intent: { mountPath, source, bootId }, facts }) => {
    // No mount outlives a restart: what is there now is somebody else's, whatever the names of path and device.
    if (bootId !== undefined && bootId !== readBootId()) return;
    const { mounts = [], expected = [] } = facts;
    // Since the build died somebody may have mounted a disk of his own there.
    const isOurs = (entry: MountEntry) =>
      (entry.mountPoint === mountPath && entry.source === source) ||
      mounts.some((known) => isSameMount(entry, known)) ||
      (expected.includes(entry.source) && isBelow(entry.mountPoint, mountPath));
    await unmountOwn({ view: hostView(host), clock, isOurs });
  },
};
