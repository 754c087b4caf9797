import type { ResourceTag } from "../../outscale/oapi.ts";
import type { Cloud } from "../cloud.ts";
import type { LateObject } from "../faults.ts";
import { Refusal } from "../refusal.ts";
import { ownImage, ownSnapshot, ownVm, ownVolume } from "./access.ts";
import type { Call } from "./call.ts";

/** Something that has tags: its type in the API's words, and how its tags are read and stored. */
export interface Tagged {
  readonly id: string;
  readonly type: "image" | "snapshot" | "volume" | "instance";
  readonly tags: readonly ResourceTag[];
  store(tags: ResourceTag[]): void;
}

/** A resource of the account by its id, whatever its kind. @throws {Refusal} when there is none, or it is another's */
export function ownResource(call: Call, id: string): Tagged {
  const { store } = call.cloud;
  if (id.startsWith("ami-")) return tagged("image", ownImage(call, id), (row) => store.images.put(row));
  if (id.startsWith("snap-")) return tagged("snapshot", ownSnapshot(call, id), (row) => store.snapshots.put(row));
  if (id.startsWith("vol-")) return tagged("volume", ownVolume(call, id), (row) => store.volumes.put(row));
  if (id.startsWith("i-")) return tagged("instance", ownVm(call, id), (row) => store.vms.put(row));
  throw new Refusal("bad-id-prefix", `"${id}" is no id of an image, snapshot, volume or VM`);
}

/** Everything of an account that can have tags. */
export function ownResources({ store, unseen }: Cloud, accountId: string): Pick<Tagged, "id" | "type" | "tags">[] {
  const own = <Row extends { id: string; accountId: string }>(rows: readonly Row[], object?: LateObject) =>
    rows.filter((row) => row.accountId === accountId && !(object && unseen.hides(object, row.id)));
  return [
    ...own(store.images.values(), "image").map(({ id, api }) => ({ id, type: "image" as const, tags: api.Tags })),
    ...own(store.snapshots.values(), "snapshot").map(({ id, api }) => ({
      id,
      type: "snapshot" as const,
      tags: api.Tags,
    })),
    ...own(store.volumes.values(), "volume").map(({ id, api }) => ({ id, type: "volume" as const, tags: api.Tags })),
    ...own(store.vms.values()).map(({ id, api }) => ({ id, type: "instance" as const, tags: api.Tags })),
  ];
}

function tagged<Row extends { readonly id: string; readonly api: { readonly Tags: ResourceTag[] } }>(
  type: Tagged["type"],
  row: Row,
  put: (row: Row) => void,
): Tagged {
  return { id: row.id, type, tags: row.api.Tags, store: (Tags) => put({ ...row, api: { ...row.api, Tags } }) };
}
