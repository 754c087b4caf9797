import { z } from "zod";
import { formatDuration } from "../../common/duration.ts";
import { messageOf, TimeoutError, throwIfCancelled } from "../../common/errors.ts";
import { ApiError } from "../../outscale/errors.ts";
import { readMade } from "../made.ts";
import { hurriedDeadline, releaseDeadline } from "../release-deadline.ts";
import { noFacts, type ReleaseContext, type ResourceKind } from "../resource-kind.ts";
import { RunsOnError } from "../runs-on-error.ts";
import { type ExportTask, isOver } from "./export-tasks.ts";
import { placeSchema } from "./place.ts";
import type { RegionCloud } from "./region-clouds.ts";
import { unlessVersionsStay } from "./versions-stay.ts";

/** An export of an image, or of a snapshot, to a prefix of its own in a bucket: whatever is below it comes of this export. */
const intent = z.strictObject({
  place: placeSchema,
  bucket: z.string().min(1),
  /** With a slash at its end. */
  prefix: z.string().regex(/^.*[^/]\/$/),
  of: z.strictObject({ kind: z.enum(["image", "snapshot"]), id: z.string().min(1) }),
});

export type ExportIntent = z.infer<typeof intent>;

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
    const tasks = await findExportTasks(cloud, wanted, context.signal);
    const [task] = [...tasks.filter((each) => !isOver(each)), ...tasks];
    if (task !== undefined) return task.TaskId;
    const keys = await keysBelow(cloud, wanted, context.signal);
    return keys.length > 0 ? `${wanted.bucket}/${wanted.prefix}` : undefined;
  },
  release: async (context, { id, intent, madeAt }) => {
    const cloud = await context.regions.at(intent.place);
    const made = { what: `the export ${id}`, madeAt, wasSeen: cloud.waiters.hasSeen(id) };
    await readMade(context, made, async () => (await findExportTasks(cloud, intent, context.signal))[0]);
    await awaitEnd(context, cloud, { intent, madeAt });
    // The release's own deadline may have passed meanwhile.
    using deadline = releaseDeadline(context.hurry);
    const { bucket, prefix } = intent;
    if ((await cloud.storage.findBucket(bucket, deadline)) === "absent") return;
    await unlessVersionsStay(cloud.storage.removeBelow(bucket, prefix, deadline), context);
  },
};

/**
 * The tasks that write there: more than one when the answer to the first request was lost, and it was not shown yet. The service
 * may answer a prefix with more behind it.
 */
async function findExportTasks(
  { api }: RegionCloud,
  { bucket, prefix, of }: ExportIntent,
  signal: AbortSignal,
): Promise<readonly ExportTask[]> {
  const tasks: readonly ExportTask[] =
    of.kind === "image"
      ? (await api.readImageExportTasks({ Filters: { ImageIds: [of.id] } }, { signal })).ImageExportTasks
      : (await api.readSnapshotExportTasks({ Filters: { SnapshotIds: [of.id] } }, { signal })).SnapshotExportTasks;
  return tasks.filter(({ OsuExport }) => {
    return OsuExport?.OsuBucket === bucket && `${OsuExport.OsuPrefix}/`.startsWith(prefix);
  });
}

const POLL_MS = 2_000;

interface Export {
  readonly intent: ExportIntent;
  readonly madeAt: number;
}

/**
 * Waits until nothing writes there any more: as long as a copy may take, which is longer than a release may. That is counted
 * from when it was begun, so it is no more for several exports, or when the release is tried again. Only the user's second wish
 * to stop ends it before.
 * @throws {RunsOnError} when nobody waits for it
 * @throws {TimeoutError} {@link CancelledError}
 */
async function awaitEnd(context: ReleaseContext, cloud: RegionCloud, { intent, madeAt }: Export): Promise<void> {
  const { ui, clock, hurry, isUnattended } = context;
  using deadline = hurriedDeadline(hurry);
  const mostMs = cloud.waiters.timeouts.copy;
  const until = madeAt + mostMs;
  for (let isTold = false; ; ) {
    const running = await findRunning({ ...context, signal: deadline.signal }, cloud, { intent, until });
    if (running?.length === 0) return;
    if (running !== undefined) {
      const ids = running.map(({ TaskId }) => TaskId).join(", ");
      if (isUnattended) throw runningOn(ids, intent);
      if (clock.now() >= until) throw endless(ids, mostMs);
      if (!isTold) ui.message(`The export ${ids} cannot be cancelled: waiting until it ends...`);
      isTold = true;
    }
    await clock.sleep(POLL_MS, deadline.signal);
  }
}

/** @returns undefined when that cannot be seen for now, and may still be later */
async function findRunning(
  { clock, log, signal, isUnattended }: ReleaseContext,
  cloud: RegionCloud,
  { intent, until }: { readonly intent: ExportIntent; readonly until: number },
): Promise<readonly ExportTask[] | undefined> {
  try {
    return (await findExportTasks(cloud, intent, signal)).filter((task) => !isOver(task));
  } catch (error) {
    throwIfCancelled(signal);
    if (!(error instanceof ApiError) || isUnattended || clock.now() >= until) throw error;
    log.write({ kind: "note", message: `Whether the export still runs cannot be seen: ${messageOf(error)}` });
    return undefined;
  }
}

const hint = "Its objects go when it has ended: run outscale-chroot cleanup then";

function runningOn(ids: string, { bucket, prefix }: ExportIntent): RunsOnError {
  return new RunsOnError(`The export ${ids} still runs, and writes to ${bucket}/${prefix}`, {
    leftovers: [`exported objects ${bucket}/${prefix}*`],
    hint,
  });
}

function endless(ids: string, mostMs: number): TimeoutError {
  return new TimeoutError(`The export ${ids} has not ended within ${formatDuration(mostMs)}`, { hint });
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
