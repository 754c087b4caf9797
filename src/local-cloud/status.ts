import type { Image, Snapshot, Volume } from "../outscale/oapi.ts";
import { snapshotAsSeen } from "./actions/read-snapshots.ts";
import type { HostDevice } from "./disks/disks.ts";
import { regionsIn } from "./folder/region-folders.ts";
import type { OpenCloud } from "./open-cloud.ts";
import type { Violation } from "./records.ts";

export interface Status {
  readonly stateFolder: string;
  readonly region: string;
  /** Every region in the folder, this one first. */
  readonly regions: readonly string[];
  /** The accounts, without their keys. */
  readonly accounts: readonly { readonly role: string; readonly id: string; readonly alias?: string }[];
  /** The VM on which builds run. */
  readonly vmId: string;
  /** Every VM, that one first. */
  readonly vms: readonly string[];
  /** Whether volumes have devices on this machine, or are remembered in memory alone. */
  readonly disks: "loop" | "memory";
  readonly volumes: number;
  readonly snapshots: number;
  readonly images: number;
  readonly buckets: number;
  readonly objects: number;
  /** The volumes that have a device on this host. */
  readonly devices: readonly HostDevice[];
  /** What builds have done that they must never do, such as unlinking a volume in use. */
  readonly violations: readonly Violation[];
  /** What could not be put back in order at the last start. */
  readonly problems: readonly string[];
}

export function statusOf({ settings, store, disks, accounts, problems }: OpenCloud): Status {
  return {
    stateFolder: settings.stateFolder,
    region: settings.region,
    regions: [settings.region, ...regionsIn(settings.stateFolder)],
    accounts: accounts.all.map(({ role, id, alias }) => ({ role, id, ...(alias === undefined ? {} : { alias }) })),
    vmId: store.vms.values()[0]?.id ?? "",
    vms: store.vms.values().map(({ id }) => id),
    disks: settings.blocks,
    volumes: store.volumes.values().length,
    snapshots: store.snapshots.values().length,
    images: store.images.values().length,
    buckets: store.buckets.values().length,
    objects: store.objects.values().length,
    devices: disks.devices(),
    violations: store.violations.values(),
    problems,
  };
}

/** The images of every account. */
export function listImages({ store }: OpenCloud): Image[] {
  return store.images.values().map(({ api }) => api);
}

/** An object with the id of the account that owns it: the API shows volumes to their owner alone, and leaves it out. */
export function listVolumes({ store }: OpenCloud): (Volume & { readonly AccountId: string })[] {
  return store.volumes.values().map(({ api, accountId }) => ({ ...api, AccountId: accountId }));
}

/** The snapshots of every account. */
export function listSnapshots(core: OpenCloud): Snapshot[] {
  return core.store.snapshots.values().map((record) => snapshotAsSeen(core, record));
}
