import type { ResourceKind } from "../resource-kind.ts";
import { ignoreNotFound } from "./not-found.ts";

/** A snapshot made with a client token of ours, or one that the copy of an image has made (then there is no token). */
export type SnapshotIntent = { readonly clientToken: string | null };

export const snapshotKind: ResourceKind<SnapshotIntent> = {
  name: "snapshot",
  releaseLabel: (id) => `Deleting the snapshot ${id}`,
  find: async ({ api, accountId, signal }, { clientToken }) => {
    if (clientToken === null) return undefined;
    const filters = { AccountIds: [accountId], ClientTokens: [clientToken] };
    const { Snapshots } = await api.readSnapshots({ Filters: filters }, { signal });
    return Snapshots.find((snapshot) => snapshot.ClientToken === clientToken)?.SnapshotId;
  },
  release: async ({ api, waiters, signal }, { id }) => {
    await ignoreNotFound(api.deleteSnapshot({ SnapshotId: id }));
    await waiters.snapshot(id, { until: "deleted", signal });
  },
};
