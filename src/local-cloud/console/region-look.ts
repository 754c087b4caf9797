import type { Image, Snapshot, Vm, Volume } from "../../outscale/oapi.ts";
import type { Fault, FaultInjector } from "../faults.ts";
import type { RequestLog } from "../http/request-log.ts";
import type { OpenCloud } from "../open-cloud.ts";
import { listImages, listSnapshots, listVolumes, type Status, statusOf } from "../status.ts";

/** A bucket, and what is in it. */
export interface BucketLook {
  readonly name: string;
  readonly accountId: string;
  readonly acl: string;
  readonly createdAt: string;
  readonly objects: number;
  readonly sizeBytes: number;
}

/** A region at one moment. No key is in it. */
export interface RegionLook {
  readonly status: Status;
  readonly images: readonly Image[];
  readonly snapshots: readonly Snapshot[];
  readonly volumes: readonly (Volume & { readonly AccountId: string })[];
  readonly vms: readonly Vm[];
  readonly buckets: readonly BucketLook[];
  readonly faults: readonly Fault[];
}

/** A region of a running server, as its console sees it. */
export interface WatchedRegion {
  readonly regionName: string;
  readonly endpoint: string;
  readonly storageEndpoint: string;
  readonly calls: Pick<RequestLog, "entries" | "next" | "since">;
  readonly faults: FaultInjector;
  /** @throws {NotReadyError} while it begins anew */
  look(): RegionLook;
}

export function lookAtRegion(cloud: OpenCloud): RegionLook {
  const { store, faults } = cloud;
  return {
    status: statusOf(cloud),
    images: listImages(cloud),
    snapshots: listSnapshots(cloud),
    volumes: listVolumes(cloud),
    vms: store.vms.values().map(({ api }) => api),
    buckets: bucketsOf(cloud),
    faults: faults.list(),
  };
}

function bucketsOf({ store }: OpenCloud): BucketLook[] {
  const sums = new Map<string, { objects: number; sizeBytes: number }>();
  for (const { bucket, sizeBytes } of store.objects.values()) {
    const sum = sums.get(bucket) ?? { objects: 0, sizeBytes: 0 };
    sums.set(bucket, { objects: sum.objects + 1, sizeBytes: sum.sizeBytes + sizeBytes });
  }
  return store.buckets.values().map(({ id: name, accountId, acl, createdAt }) => {
    return { name, accountId, acl, createdAt, ...(sums.get(name) ?? { objects: 0, sizeBytes: 0 }) };
  });
}
