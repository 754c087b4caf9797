import { z } from "zod";
import { insist } from "../../outscale/insist.ts";
import { noFacts, type ReleaseContext, type ResourceKind } from "../resource-kind.ts";
import { ignoreNotFound } from "./not-found.ts";
import { tellWentBack } from "./tell-went-back.ts";

/** A snapshot made with a client token of ours, or one that the copy of an image has made (then there is no token). */
const intent = z.strictObject({ clientToken: z.string().min(1).nullable() });

export const snapshotKind: ResourceKind<z.infer<typeof intent>, z.infer<typeof noFacts>> = {
  name: "snapshot",
  intent,
  facts: noFacts,
  releaseLabel: (id) => `Deleting the snapshot ${id}`,
  find: async ({ api, accountId, signal }, { clientToken }) => {
    if (clientToken === null) return undefined;
    const filters = { AccountIds: [accountId], ClientTokens: [clientToken] };
    const { Snapshots } = await api.readSnapshots({ Filters: filters }, { signal });
    return Snapshots.find((snapshot) => snapshot.ClientToken === clientToken)?.SnapshotId;
  },
  release: (context, { id }) =>
    insist({
      ask: () => deleteSnapshot(context, id),
      wait: () => context.waiters.snapshot(id, { until: "deleted", signal: context.signal }),
      onWentBack: tellWentBack(context),
    }),
};

/** Deletes a snapshot, unless it is gone or going already. */
export async function deleteSnapshot(
  { api, signal }: Pick<ReleaseContext, "api" | "signal">,
  snapshotId: string,
): Promise<void> {
  const { Snapshots } = await api.readSnapshots({ Filters: { SnapshotIds: [snapshotId] } }, { signal });
  const state = Snapshots[0]?.State;
  if (state === undefined || state === "deleting") return;
  await ignoreNotFound(api.deleteSnapshot({ SnapshotId: snapshotId }));
}
