import { z } from "zod";
import type { ImageExportTask, SnapshotExportTask } from "../../outscale/oapi.ts";
import { readMade } from "../made.ts";
import { noFacts, type ReleaseContext, type ResourceKind } from "../resource-kind.ts";
import { placeSchema } from "./place.ts";
import type { RegionCloud } from "./region-clouds.ts";

/** An export of an image, or of a snapshot, to a prefix of its own in a bucket: whatever is below it comes of this export. */
const intent = z.strictObject({
  place: placeSchema,
  bucket: z.string().min(1),
  /** With a slash at its end. */
  prefix: z.string().regex(/^.*[^/]\/$/),
  of: z.strictObject({ kind: z.enum(["image", "snapshot"]), id: z.string().min(1) }),
});

export type ExportIntent = z.infer<typeof intent>;
export type ExportTask = ImageExportTask | SnapshotExportTask;

/**
 * Nothing cancels a task that runs, and what runs goes on writing: it is waited for, and then its objects go. What has
 * neither a task nor an object was never begun.
 */
export const exportedObjectsKind: ResourceKind<ExportIntent, z.infer<typeof noFacts>> = {
  name: "exported-objects",
  intent,
  facts: noFacts,
  releaseLabel: (_id, { place, bucket, prefix }) =>
    `Deleting the exported objects ${bucket}/${prefix}* in ${place.region}`,
  find: async (context, wanted) => {
    const cloud = await context.regions.at(wanted.place);
    const task = await findExportTask(cloud, wanted, context.signal);
    if (task !== undefined) return task.TaskId;
    const keys = await keysBelow(cloud, wanted, context.signal);
    return keys.length > 0 ? `${wanted.bucket}/${wanted.prefix}` : undefined;
  },
  release: async (context, { id, intent, madeAt }) => {
    const cloud = await context.regions.at(intent.place);
    const made = { what: `the export ${id}`, madeAt, wasSeen: cloud.waiters.hasSeen(id) };
    await readMade(context, made, () => findExportTask(cloud, intent, context.signal));
    await awaitEnd(context, cloud, intent);
    const keys = await keysBelow(cloud, intent, context.signal);
    if (keys.length > 0) await cloud.storage.deleteMany(intent.bucket, keys);
  },
};

/** The task that writes there. The service may answer a prefix with more behind it. */
async function findExportTask(
  { api }: RegionCloud,
  { bucket, prefix, of }: ExportIntent,
  signal: AbortSignal,
): Promise<ExportTask | undefined> {
  const tasks: readonly ExportTask[] =
    of.kind === "image"
      ? (await api.readImageExportTasks({ Filters: { ImageIds: [of.id] } }, { signal })).ImageExportTasks
      : (await api.readSnapshotExportTasks({ Filters: { SnapshotIds: [of.id] } }, { signal })).SnapshotExportTasks;
  return tasks.find(({ OsuExport }) => {
    return OsuExport?.OsuBucket === bucket && `${OsuExport.OsuPrefix}/`.startsWith(prefix);
  });
}

const OVER = ["completed", "failed", "cancelled"];
const POLL_MS = 2_000;

async function awaitEnd(
  { ui, clock, signal }: ReleaseContext,
  cloud: RegionCloud,
  intent: ExportIntent,
): Promise<void> {
  for (let isTold = false; ; isTold = true) {
    const task = await findExportTask(cloud, intent, signal);
    if (task === undefined || OVER.includes(task.State)) return;
    if (!isTold) ui.message(`The export ${task.TaskId} cannot be cancelled: waiting until it ends...`);
    await clock.sleep(POLL_MS, signal);
  }
}

/** The keys of everything that the export has written so far. */
export async function keysBelow(
  { storage }: Pick<RegionCloud, "storage">,
  { bucket, prefix }: Pick<ExportIntent, "bucket" | "prefix">,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if ((await storage.findBucket(bucket, { signal })) === "absent") return [];
  const keys: string[] = [];
  for await (const { key } of storage.list(bucket, prefix, { signal })) keys.push(key);
  return keys;
}
