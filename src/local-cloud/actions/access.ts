import type { PermissionsOnResource, PermissionsOnResourceCreation } from "../../outscale/oapi.ts";
import { checkIdForm } from "../filters.ts";
import type { ImageRecord, SnapshotRecord, VmRecord, VolumeRecord } from "../records.ts";
import { Refusal, type RefusalName } from "../refusal.ts";
import type { Call } from "./call.ts";

/** Whether an account may launch an image: its own, one shared with it, or a public one. */
export function mayLaunch({ account }: Call, image: ImageRecord): boolean {
  return image.accountId === account.id || isPermitted(account.id, image.api.PermissionsToLaunch);
}

/** Whether an account may make volumes of a snapshot. A launch permission on an image gives none on its snapshots. */
export function mayUse({ account }: Call, snapshot: SnapshotRecord): boolean {
  return snapshot.accountId === account.id || isPermitted(account.id, snapshot.api.PermissionsToCreateVolume);
}

function isPermitted(accountId: string, permissions: PermissionsOnResource | undefined): boolean {
  return permissions?.GlobalPermission === true || (permissions?.AccountIds ?? []).includes(accountId);
}

/** @throws {Refusal} `no-such-volume`; other accounts' volumes are not seen */
export function ownVolume({ cloud, account }: Call, id: string): VolumeRecord {
  checkIdForm("vol-", id);
  const volume = cloud.store.volumes.get(id);
  if (volume?.accountId !== account.id || cloud.unseen.hides("volume", id)) {
    throw notFound("no-such-volume", "volume", id);
  }
  return volume;
}

/** @throws {Refusal} `no-such-vm`; other accounts' VMs are not seen */
export function ownVm({ cloud, account }: Call, id: string): VmRecord {
  checkIdForm("i-", id);
  const vm = cloud.store.vms.get(id);
  if (vm?.accountId !== account.id) throw notFound("no-such-vm", "VM", id);
  return vm;
}

/** A snapshot of which the account may make volumes. @throws {Refusal} `no-such-snapshot` */
export function usableSnapshot(call: Call, id: string): SnapshotRecord {
  checkIdForm("snap-", id);
  const snapshot = call.cloud.store.snapshots.get(id);
  if (
    !snapshot ||
    snapshot.api.State === "deleting" ||
    !mayUse(call, snapshot) ||
    call.cloud.unseen.hides("snapshot", id)
  ) {
    throw notFound("no-such-snapshot", "snapshot", id);
  }
  return snapshot;
}

/** @throws {Refusal} `no-such-snapshot` when it is not seen, `not-yours` when it is another account's */
export function ownSnapshot(call: Call, id: string): SnapshotRecord {
  const snapshot = usableSnapshot(call, id);
  if (snapshot.accountId !== call.account.id) throw new Refusal("not-yours", `${id} belongs to another account`);
  return snapshot;
}

/** An image that the account may launch. @throws {Refusal} `no-such-image` */
export function launchableImage(call: Call, id: string): ImageRecord {
  checkIdForm("ami-", id);
  const image = call.cloud.store.images.get(id);
  if (!image || image.api.State === "deleting" || !mayLaunch(call, image) || call.cloud.unseen.hides("image", id)) {
    throw notFound("no-such-image", "image", id);
  }
  return image;
}

/** @throws {Refusal} `no-such-image` when it is not seen, `not-yours` when it is another account's */
export function ownImage(call: Call, id: string): ImageRecord {
  const image = launchableImage(call, id);
  if (image.accountId !== call.account.id) throw new Refusal("not-yours", `${id} belongs to another account`);
  return image;
}

/** @throws {Refusal} `no-such-region` for any region but the cloud's own */
export function checkOwnRegion({ cloud }: Call, region: string | undefined): void {
  if (region === cloud.settings.region) return;
  throw new Refusal(
    "no-such-region",
    `SourceRegionName is ${cloud.settings.region}; other regions are not reachable from it`,
  );
}

const MOST_ACCOUNTS = 1_000;

/** Permissions after an update: additions and removals, of accounts and of everybody. */
export function updatePermissions(
  now: PermissionsOnResource | undefined,
  { Additions, Removals }: PermissionsOnResourceCreation,
): PermissionsOnResource {
  if ((Additions === undefined) === (Removals === undefined)) {
    throw new Refusal("bad-parameter", "Permissions are changed by either Additions or Removals");
  }
  const removed = new Set(Removals?.AccountIds ?? []);
  const accounts = new Set([...(now?.AccountIds ?? []), ...(Additions?.AccountIds ?? [])]);
  const left = [...accounts].filter((id) => !removed.has(id));
  if (left.length > MOST_ACCOUNTS) {
    throw new Refusal("bad-parameter", `A resource is shared with at most ${MOST_ACCOUNTS} accounts`);
  }
  const everybody = (now?.GlobalPermission ?? false) || (Additions?.GlobalPermission ?? false);
  return {
    AccountIds: left,
    GlobalPermission: everybody && !(Removals?.GlobalPermission ?? false),
  };
}

/** What an account has made with a client token already. */
export function madeBefore<
  Row extends { readonly accountId: string; readonly api: { readonly ClientToken?: string | undefined } },
>(rows: readonly Row[], accountId: string, token: string | undefined): Row | undefined {
  if (token === undefined) return undefined;
  return rows.find((row) => row.accountId === accountId && row.api.ClientToken === token);
}

function notFound(refusal: RefusalName, kind: string, id: string): Refusal {
  return new Refusal(refusal, `The ${kind} ${id} does not exist`);
}
