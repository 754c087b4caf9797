import { createWriteStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { beginSnapshot } from "../begin-snapshot.ts";
import type { Cloud } from "../cloud.ts";
import { ROOT_DEVICE_NAME } from "../device-names.ts";
import { BYTES_PER_GIB } from "../disks/disks.ts";
import { diskBytesOf } from "../disks/qcow2.ts";
import { checkQuotas } from "../quotas.ts";
import type { ImageRecord } from "../records.ts";
import { LARGEST_MANIFEST_BYTES, type Manifest, parseManifest, shapeOf } from "./manifest.ts";
import { type FoundObject, openLocation } from "./open-location.ts";

/**
 * Reads the manifest that an image is imported from, and begins a snapshot for each that it names. That and the image's
 * mappings are one change: after a kill it is done, or not begun.
 * @throws when it cannot be read (any more), is none, or names more than the account may have
 */
export async function importManifest(cloud: Cloud, image: ImageRecord): Promise<void> {
  const { importFrom } = image;
  if (importFrom === undefined || image.api.BlockDeviceMappings.length > 0) return;
  const { object, owner } = openLocation(cloud, importFrom.location);
  if (object.sizeBytes > LARGEST_MANIFEST_BYTES) throw new Error("The manifest is too large");
  const chunks: Buffer[] = [];
  for await (const chunk of contentOf({ object, owner })) chunks.push(chunk);
  const manifest = parseManifest(Buffer.concat(chunks).toString());
  const { Snapshots: snapshots } = manifest.Image;
  // One that cannot be read is found out before any is begun.
  for (const { PreSignedUrl } of snapshots) openLocation(cloud, PreSignedUrl);
  const count = snapshots.length;
  checkQuotas(cloud, image.accountId, { snapshot_limit: count, concurrent_snapshot_limit: count });
  cloud.store.images.put({ ...image, api: { ...image.api, ...partsOf(cloud, image, manifest) } });
}

function partsOf(cloud: Cloud, { accountId, importFrom }: ImageRecord, { Image }: Manifest) {
  const mappings = Image.Snapshots.map((disk) => {
    const { Size, VolumeType, Iops } = shapeOf(disk);
    const { id } = beginImport(cloud, { accountId, location: disk.PreSignedUrl, sizeGib: Size });
    const iops = VolumeType === "io1" && Iops !== undefined ? { Iops } : {};
    const about = { DeleteOnVmDeletion: disk.DeleteOnTermination, SnapshotId: id };
    return { DeviceName: disk.Device, Bsu: { ...about, VolumeSize: Size, VolumeType, ...iops } };
  });
  const isRootNamed = mappings.some(({ DeviceName }) => DeviceName === ROOT_DEVICE_NAME);
  return {
    Architecture: importFrom?.architecture ?? Image.Architecture ?? "x86_64",
    ProductCodes: [...(importFrom?.productCodes ?? Image.ProductTypes)],
    RootDeviceName: isRootNamed ? ROOT_DEVICE_NAME : (mappings[0]?.DeviceName ?? ROOT_DEVICE_NAME),
    BlockDeviceMappings: mappings,
  };
}

interface BeginImport {
  readonly accountId: string;
  readonly location: string;
  readonly sizeGib: number;
  readonly description?: string | undefined;
  readonly clientToken?: string | undefined;
}

/** Stores a snapshot whose disk is still in a bucket, and begins to fetch it. */
export function beginImport(cloud: Cloud, { location, ...input }: BeginImport) {
  return beginSnapshot(cloud, { ...input, source: { kind: "bucket", id: "", location }, state: "pending/queued" });
}

/**
 * Fetches the disk of a snapshot: qcow2 or raw, compressed or not.
 * @throws when it cannot be read (any more), is larger than it was said to be, or is not whole
 */
export async function importSnapshot(cloud: Cloud, id: string): Promise<void> {
  const { blobs, disks, store } = cloud;
  const record = store.snapshots.get(id);
  if (record?.source.location === undefined || disks.has(id)) return;
  const found = openLocation(cloud, record.source.location);
  const mostBytes = record.api.VolumeSize * BYTES_PER_GIB;
  const file = blobs.scratch();
  try {
    await unpack(found, file, mostBytes);
    const bytes = await diskBytesOf(file);
    if (bytes > mostBytes) throw new Error(`The disk has ${bytes} bytes, and the snapshot ${mostBytes}`);
    await disks.load(id, file, { sizeGib: record.api.VolumeSize });
  } finally {
    await rm(file, { force: true });
  }
}

/** What qcow2 may need besides the data: tables, and a header. */
const OVERHEAD = 1.01;
const OVERHEAD_BYTES = 64 * 1024 ** 2;

/** Bounded, as a few bytes of gzip can say to be very many. */
async function unpack(found: FoundObject, file: string, mostBytes: number): Promise<void> {
  let left = mostBytes * OVERHEAD + OVERHEAD_BYTES;
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.length;
      if (left < 0) done(new Error("The disk is larger than the snapshot is to be"));
      else done(null, chunk);
    },
  });
  const target = createWriteStream(file, { flags: "wx", mode: 0o600 });
  const source = Readable.from(contentOf(found));
  if (await isGzip(found)) await pipeline(source, createGunzip(), bounded, target);
  else await pipeline(source, bounded, target);
}

async function isGzip({ owner, object }: FoundObject): Promise<boolean> {
  const [first] = object.blobs;
  if (!first) return false;
  await using file = await open(owner.blobs.path(first.blob));
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
  return buffer.readUInt16BE(0) === 0x1f8b;
}

function contentOf({ owner, object }: FoundObject): AsyncIterable<Buffer> {
  return owner.blobs.read(object.blobs, { startBytes: 0, lengthBytes: object.sizeBytes });
}
