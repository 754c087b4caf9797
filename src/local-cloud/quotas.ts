import type { Cloud } from "./cloud.ts";
import { isExporting } from "./is-exporting.ts";
import { isBeingCut } from "./records.ts";
import { Refusal, type RefusalName } from "./refusal.ts";

/** The quotas that are enforced, with the limit each account has; the platform's own defaults are not published. */
export const defaultQuotas = {
  volume_limit: 200,
  volume_size_limit: 100_000,
  iops_limit: 200_000,
  snapshot_limit: 500,
  concurrent_snapshot_limit: 50,
  image_export_limit: 5,
  snapshot_export_limit: 5,
} as const;

export type QuotaName = keyof typeof defaultQuotas;

export const quotaTexts: Readonly<Record<QuotaName, string>> = {
  volume_limit: "Volumes",
  volume_size_limit: "Size of all volumes, in GiB",
  iops_limit: "I/O operations per second of all io1 volumes",
  snapshot_limit: "Snapshots",
  concurrent_snapshot_limit: "Snapshots in the making",
  image_export_limit: "Images on their way to a bucket",
  snapshot_export_limit: "Snapshots on their way to a bucket",
};

const refusalOf: Readonly<Record<QuotaName, RefusalName>> = {
  volume_limit: "too-many-volumes",
  volume_size_limit: "too-many-gib",
  iops_limit: "too-many-iops",
  snapshot_limit: "too-many-snapshots",
  concurrent_snapshot_limit: "too-many-concurrent-snapshots",
  image_export_limit: "too-many-exports",
  snapshot_export_limit: "too-many-exports",
};

/** What an account uses of each quota now. */
export function quotaUse(cloud: Cloud, accountId: string): Readonly<Record<QuotaName, number>> {
  const volumes = cloud.store.volumes.values().filter((volume) => volume.accountId === accountId);
  const snapshots = cloud.store.snapshots.values().filter((snapshot) => snapshot.accountId === accountId);
  const tasks = cloud.store.exportTasks
    .values()
    .filter((task) => task.accountId === accountId && isExporting(task.api));
  return {
    volume_limit: volumes.length,
    volume_size_limit: sum(volumes.map(({ api }) => api.Size)),
    iops_limit: sum(volumes.map(({ api }) => (api.VolumeType === "io1" ? (api.Iops ?? 0) : 0))),
    snapshot_limit: snapshots.length,
    concurrent_snapshot_limit: snapshots.filter(isBeingCut).length,
    image_export_limit: tasks.filter(({ api }) => api.ImageId !== undefined).length,
    snapshot_export_limit: tasks.filter(({ api }) => api.SnapshotId !== undefined).length,
  };
}

/**
 * Refuses what would exceed a quota of the account.
 * @param more How much of each quota the request adds
 */
export function checkQuotas(cloud: Cloud, accountId: string, more: Readonly<Partial<Record<QuotaName, number>>>): void {
  const use = quotaUse(cloud, accountId);
  for (const name of quotaNames) {
    const limit = cloud.settings.quotas[name];
    const wanted = use[name] + (more[name] ?? 0);
    if (more[name] && limit > 0 && wanted > limit) {
      throw new Refusal(refusalOf[name], `The quota ${name} is ${limit}, and ${wanted} would be used`);
    }
  }
}

export const quotaNames: readonly QuotaName[] = [
  "volume_limit",
  "volume_size_limit",
  "iops_limit",
  "snapshot_limit",
  "concurrent_snapshot_limit",
  "image_export_limit",
  "snapshot_export_limit",
];

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
