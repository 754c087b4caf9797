import type { ResourceTag } from "../../outscale/oapi.ts";
import type { Cloud } from "../cloud.ts";
import type { Table } from "../folder/store.ts";
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

/**
 * Everything of an account that can have tags.
 * @param ids These alone, found by their ids
 */
export function ownResources(
  { store, unseen }: Cloud,
  accountId: string,
  ids?: readonly string[],
): Pick<Tagged, "id" | "type" | "tags">[] {
  const wanted = ids && [...new Set(ids)];
  const own = <Row extends Owned>(table: Pick<Table<Row>, "get" | "values">, type: Tagged["type"]) => {
    const rows = wanted ? wanted.flatMap((id) => table.get(id) ?? []) : table.values();
    const seen = rows.filter(
      (row) => row.accountId === accountId && !(type !== "instance" && unseen.hides(type, row.id)),
    );
    return seen.map(({ id, api }) => ({ id, type, tags: api.Tags }));
  };
  return [
    ...own(store.images, "image"),
    ...own(store.snapshots, "snapshot"),
    ...own(store.volumes, "volume"),
    ...own(store.vms, "instance"),
  ];
}

interface Owned {
  readonly id: string;
  readonly accountId: string;
  readonly api: { readonly Tags: readonly ResourceTag[] };
}

function tagged<Row extends { readonly id: string; readonly api: { readonly Tags: ResourceTag[] } }>(
  type: Tagged["type"],
  row: Row,
  put: (row: Row) => void,
): Tagged {
  return { id: row.id, type, tags: row.api.Tags, store: (Tags) => put({ ...row, api: { ...row.api, Tags } }) };
}
