import { z } from "zod";
import { insist } from "../../outscale/insist.ts";
import type { Snapshot } from "../../outscale/oapi.ts";
import { readMade } from "../made.ts";
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
  release: async (context, { id, madeAt }) => {
    if ((await readMadeSnapshot(context, { id, madeAt })) === undefined) return;
    await insist({
      ask: () => deleteSnapshot(context, id),
      wait: () => context.waiters.snapshot(id, { until: "deleted", signal: context.signal }),
      onWentBack: tellWentBack(context),
    });
  },
};

/** A snapshot of ours, which may not be shown yet; undefined when it is gone. */
export async function readMadeSnapshot(
  context: ReleaseContext,
  { id, madeAt }: { readonly id: string; readonly madeAt: number },
): Promise<Snapshot | undefined> {
  const made = { what: `the snapshot ${id}`, madeAt, wasSeen: context.waiters.hasSeen(id) };
  return readMade(context, made, () => readSnapshot(context, id));
}

async function readSnapshot(
  { api, signal }: Pick<ReleaseContext, "api" | "signal">,
  id: string,
): Promise<Snapshot | undefined> {
  return (await api.readSnapshots({ Filters: { SnapshotIds: [id] } }, { signal })).Snapshots[0];
}

/** Deletes a snapshot, unless it is gone or going already. */
export async function deleteSnapshot(
  context: Pick<ReleaseContext, "api" | "signal">,
  snapshotId: string,
): Promise<void> {
  const snapshot = await readSnapshot(context, snapshotId);
  if (snapshot === undefined || snapshot.State === "deleting") return;
  await ignoreNotFound(context.api.deleteSnapshot({ SnapshotId: snapshotId }));
}
