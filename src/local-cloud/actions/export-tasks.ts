import type { BlockDeviceMappingImage, OsuExportToCreate } from "../../outscale/oapi.ts";
import { isBucketName } from "../../outscale/object-storage/addresses.ts";
import type { Account } from "../accounts.ts";
import { newId } from "../cloud.ts";
import { BYTES_PER_GIB } from "../disks/disks.ts";
import { applyFilters, type FilterRules } from "../filters.ts";
import { isExporting } from "../is-exporting.ts";
import { pageOf } from "../pagination.ts";
import { checkQuotas } from "../quotas.ts";
import type { ExportedSnapshot, ExportTaskRecord, SnapshotRecord } from "../records.ts";
import { Refusal } from "../refusal.ts";
import { ownImage, ownSnapshot } from "./access.ts";
import type { Call, FilterKeys, Handler } from "./call.ts";

/** The newest tasks that are kept, of every account. */
const MOST_KEPT = 1_000;

/** Exports an image of the account's own: a shared or a public one is copied first. */
export const createImageExportTask: Handler<"CreateImageExportTask"> = (call, request) => {
  const { cloud, account } = call;
  const { id, api: image } = ownImage(call, request.ImageId);
  if (image.State !== "available") throw new Refusal("bad-image-state", `The image ${id} is ${image.State}`);
  const target = targetOf(call, request.OsuExport);
  const prefix = `${target.prefix}${id}/`;
  const snapshots = image.BlockDeviceMappings.flatMap((mapping) => exported(call, mapping, { ...target, prefix }));
  checkQuotas(cloud, account.id, { image_export_limit: 1 });
  const task = begin(call, "image-export", {
    ...{ format: target.format, ownerId: target.owner.id, snapshots, manifestKey: `${prefix}manifest.json` },
    image: {
      Name: image.ImageName,
      Description: image.Description ?? "",
      Architecture: image.Architecture ?? "x86_64",
      ProductTypes: image.ProductCodes ?? ["0001"],
      Public: image.PermissionsToLaunch?.GlobalPermission ?? false,
      User: account.id,
    },
    api: {
      ...{ ImageId: id, State: "pending/queued", Comment: `Export of image ${id}` },
      OsuExport: { ...answered(request.OsuExport), OsuPrefix: prefix },
    },
  });
  return { ImageExportTask: task.api };
};

/** Exports a snapshot of the account's own. It carries no product codes. */
export const createSnapshotExportTask: Handler<"CreateSnapshotExportTask"> = (call, request) => {
  const snapshot = ownSnapshot(call, request.SnapshotId);
  const target = targetOf(call, request.OsuExport);
  const snapshots = [exportedSnapshot(snapshot, target, { Size: snapshot.api.VolumeSize * BYTES_PER_GIB })];
  checkQuotas(call.cloud, call.account.id, { snapshot_export_limit: 1 });
  const { OsuManifestUrl: _none, ...OsuExport } = answered(request.OsuExport);
  const task = begin(call, "snap-export", {
    ...{ format: target.format, ownerId: target.owner.id, snapshots },
    api: { SnapshotId: snapshot.id, State: "pending", Comment: `Export of snapshot ${snapshot.id}`, OsuExport },
  });
  return { SnapshotExportTask: task.api };
};

interface Target {
  readonly format: "qcow2" | "raw";
  readonly owner: Account;
  /** With a slash at its end, or nothing. */
  readonly prefix: string;
}

/** Where an export goes. The keys of the bucket's account, where they are given, go no further than this. */
function targetOf({ cloud, account }: Call, asked: OsuExportToCreate): Target {
  const { DiskImageFormat: format, OsuBucket: name, OsuPrefix = "", OsuApiKey: key } = asked;
  if (format !== "qcow2" && format !== "raw") {
    throw new Refusal("bad-parameter", `DiskImageFormat is qcow2 or raw, not "${format}"`);
  }
  const given = key && cloud.accounts.byAccessKey(key.ApiKeyId ?? "");
  if (key && (!given || given.secretKey !== key.SecretKey)) {
    throw new Refusal("bad-parameter", "OsuApiKey is not known to the object storage");
  }
  const owner = given ?? account;
  const bucket = isBucketName(name) ? cloud.store.buckets.get(name) : undefined;
  if (!bucket) throw new Refusal("bad-parameter", `There is no bucket "${name}" in this region`);
  if (bucket.accountId !== owner.id) throw new Refusal("bad-parameter", `The bucket "${name}" is another account's`);
  const prefix = OsuPrefix.replace(/\/+$/, "");
  if (Buffer.byteLength(prefix) > 900) throw new Refusal("bad-parameter", "OsuPrefix has at most 900 bytes");
  return { format, owner, prefix: prefix === "" ? "" : `${prefix}/` };
}

function answered({ DiskImageFormat, OsuBucket, OsuPrefix, OsuManifestUrl }: OsuExportToCreate) {
  return {
    ...{ DiskImageFormat, OsuBucket },
    ...(OsuPrefix !== undefined && { OsuPrefix }),
    ...(OsuManifestUrl !== undefined && { OsuManifestUrl }),
  };
}

function exported(call: Call, { DeviceName, Bsu }: BlockDeviceMappingImage, target: Target): ExportedSnapshot[] {
  if (Bsu?.SnapshotId === undefined) return [];
  const snapshot = ownSnapshot(call, Bsu.SnapshotId);
  const mapping = {
    Device: DeviceName,
    Size: (Bsu.VolumeSize ?? snapshot.api.VolumeSize) * BYTES_PER_GIB,
    VolumeType: Bsu.VolumeType ?? "standard",
    Iops: Bsu.Iops ?? null,
    DeleteOnTermination: Bsu.DeleteOnVmDeletion ?? true,
  };
  return [exportedSnapshot(snapshot, target, mapping)];
}

function exportedSnapshot(
  { id, api }: SnapshotRecord,
  { format, prefix }: Target,
  mapping: ExportedSnapshot["mapping"],
): ExportedSnapshot {
  if (api.State !== "completed") throw new Refusal("bad-state", `The snapshot ${id} is ${api.State}`);
  const file = `${id}-${newId("snap").slice("snap-".length)}.${format}.gz`;
  return { snapshotId: id, key: `${prefix}${file}`, file, mapping };
}

type NewTask = Omit<ExportTaskRecord, "id" | "accountId" | "api"> & {
  readonly api: Omit<ExportTaskRecord["api"], "TaskId" | "Progress" | "Tags">;
};

function begin({ cloud, account }: Call, prefix: "image-export" | "snap-export", task: NewTask): ExportTaskRecord {
  const { exportTasks } = cloud.store;
  const id = newId(prefix);
  const record = { ...task, id, accountId: account.id, api: { ...task.api, TaskId: id, Progress: 0, Tags: [] } };
  exportTasks.put(record);
  const ended = exportTasks.values().filter(({ api }) => !isExporting(api));
  const [oldest] = ended;
  if (oldest && ended.length > MOST_KEPT) exportTasks.delete(oldest.id);
  cloud.lifecycle.start(prefix === "image-export" ? "image-export" : "snapshot-export", id);
  return record;
}

const imageRules: FilterRules<FilterKeys<"ReadImageExportTasks">, ExportTaskRecord["api"]> = {
  ImageIds: "ImageId",
  TaskIds: "TaskId",
};

/** The exports of the account's images: those that go on, and the last ones that are over. */
export const readImageExportTasks: Handler<"ReadImageExportTasks"> = (call, request) => {
  const found = applyFilters(tasksOf(call, "image-export-"), request.Filters, imageRules);
  const { items, token } = page(call, found, request);
  return { ImageExportTasks: items, ...token };
};

const snapshotRules: FilterRules<FilterKeys<"ReadSnapshotExportTasks">, ExportTaskRecord["api"]> = {
  SnapshotIds: "SnapshotId",
  TaskIds: "TaskId",
};

/** The exports of the account's snapshots. */
export const readSnapshotExportTasks: Handler<"ReadSnapshotExportTasks"> = (call, request) => {
  const found = applyFilters(tasksOf(call, "snap-export-"), request.Filters, snapshotRules);
  const { items, token } = page(call, found, request);
  return { SnapshotExportTasks: items, ...token };
};

function tasksOf({ cloud, account }: Call, prefix: string): ExportTaskRecord["api"][] {
  const tasks = cloud.store.exportTasks.values();
  return tasks.filter(({ id, accountId }) => id.startsWith(prefix) && accountId === account.id).map(({ api }) => api);
}

function page({ cloud }: Call, found: readonly ExportTaskRecord["api"][], request: Parameters<typeof pageOf>[1]) {
  return pageOf([...found], request, { keyOf: ({ TaskId }) => TaskId, nowMs: cloud.settings.clock.now() });
}
