import { randomUUID } from "node:crypto";
import { type Cloud, timestamp } from "./cloud.ts";
import { isBeingCut } from "./records.ts";

/** Records it when the device of a volume is still in use on the host: its data would be cut in the middle. */
export function recordUse(cloud: Cloud, action: string, volumeId: string): void {
  const use = cloud.disks.inUse(volumeId);
  if (use !== undefined) record(cloud, action, volumeId, `The device is still in use: ${use}`);
}

/** Records it when a snapshot of a volume is not completed yet: until then the volume must stay as it is, unlinked. */
export function recordUnfinishedSnapshots(cloud: Cloud, action: string, volumeId: string): void {
  for (const snapshot of cloud.store.snapshots.values()) {
    if (snapshot.source.id !== volumeId || !isBeingCut(snapshot)) continue;
    record(cloud, action, volumeId, `The snapshot ${snapshot.id} of this volume is still ${snapshot.api.State}`);
  }
}

/** The newest are kept, each with so much text: a program that never does it right must not fill the memory. */
const MOST_KEPT = 1_000;
const LONGEST_DETAILS = 500;

function record(cloud: Cloud, action: string, volumeId: string, everything: string): void {
  const { violations } = cloud.store;
  const details = everything.slice(0, LONGEST_DETAILS);
  violations.put({ id: randomUUID(), at: timestamp(cloud), action, volumeId, details });
  const [oldest, ...others] = violations.values();
  if (oldest && others.length >= MOST_KEPT) violations.delete(oldest.id);
  cloud.settings.log.write({ kind: "note", message: `local cloud: violation: ${action} ${volumeId}: ${details}` });
}
