import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { WrittenBlob } from "../buckets/blobs.ts";
import { storeObject } from "../buckets/stored-objects.ts";
import { type Cloud, timestamp } from "../cloud.ts";
import type { ExportTaskRecord } from "../records.ts";
import { manifestText } from "./manifest.ts";
import { presignV2 } from "./presign-v2.ts";

/**
 * Writes the objects of an export: one for each snapshot, compressed, and the manifest of an image last, when all it names
 * is there. Begun anew after a kill it writes the same keys.
 * @throws when the bucket has gone meanwhile, or a disk cannot be written
 */
export async function exportToBucket(cloud: Cloud, taskId: string): Promise<void> {
  const task = mustHave(cloud, taskId);
  for (const [index, { snapshotId, key }] of task.snapshots.entries()) {
    const told = (share: number) => tell(cloud, taskId, (index + share) / task.snapshots.length);
    const written = await compressed(cloud, task, snapshotId, told);
    await put(cloud, task, { key, written });
  }
  if (task.manifestKey !== undefined) await writeManifest(cloud, task, task.manifestKey);
}

async function writeManifest(cloud: Cloud, task: ExportTaskRecord, key: string): Promise<void> {
  const { settings, accounts } = cloud;
  const owner = accounts.all.find(({ id }) => id === task.ownerId);
  if (!owner) throw new Error("The account of the bucket is gone");
  const url = storageUrl(cloud);
  const { OsuBucket: bucket = "" } = task.api.OsuExport ?? {};
  const nowMs = settings.clock.now();
  const text = manifestText(task, (key) => presignV2(owner, { url, bucket, key, nowMs }));
  await put(cloud, task, { key, written: await cloud.blobs.write(bytesOf(text)) });
}

async function* bytesOf(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

/** Where the buckets of this region answer. */
function storageUrl({ settings }: Cloud): string {
  const here = settings.neighbours.all.find(({ region }) => region === settings.region);
  if (here) return here.url;
  throw new Error("No server answers for the buckets of this region");
}

/** The disk of a snapshot in the format of the task, through gzip. */
async function compressed(
  { blobs, disks, store }: Cloud,
  task: ExportTaskRecord,
  snapshotId: string,
  told: (share: number) => void,
): Promise<WrittenBlob> {
  const sizeGib = store.snapshots.get(snapshotId)?.api.VolumeSize;
  if (sizeGib === undefined) throw new Error(`The snapshot ${snapshotId} is gone`);
  const file = blobs.scratch();
  try {
    await disks.save(snapshotId, file, { format: task.format, sizeGib });
    const { size } = await stat(file);
    const gzip = createGzip({ level: 1 });
    const content = createReadStream(file, { highWaterMark: READ_BYTES });
    content.on("data", () => told(content.bytesRead / size));
    const [written] = await Promise.all([blobs.write(gzip), pipeline(content, gzip)]);
    return written;
  } finally {
    await rm(file, { force: true });
  }
}

const READ_BYTES = 1024 * 1024;

async function put(
  cloud: Cloud,
  { ownerId: accountId, api }: ExportTaskRecord,
  { key, written }: { readonly key: string; readonly written: WrittenBlob },
): Promise<void> {
  const { OsuBucket: bucket = "" } = api.OsuExport ?? {};
  const { blob, sizeBytes, md5: etag } = written;
  if (cloud.store.buckets.get(bucket)?.accountId !== accountId) {
    await cloud.blobs.remove([written]);
    throw new Error(`The bucket ${bucket} is not there any more`);
  }
  const place = { id: `${bucket}/${key}`, accountId, bucket, key, blobs: [{ blob, sizeBytes }], sizeBytes, etag };
  await storeObject(cloud, { ...place, modifiedAt: timestamp(cloud), acl: "private", headers: {} });
}

/** In steps of ten: every one is written to the disk. */
function tell({ store }: Cloud, taskId: string, share: number): void {
  const task = store.exportTasks.get(taskId);
  const Progress = Math.min(99, Math.floor(share * 10) * 10);
  if (task && Progress > (task.api.Progress ?? 0)) store.exportTasks.put({ ...task, api: { ...task.api, Progress } });
}

function mustHave({ store }: Cloud, taskId: string): ExportTaskRecord {
  const task = store.exportTasks.get(taskId);
  if (!task) throw new Error(`${taskId} is gone`);
  return task;
}
