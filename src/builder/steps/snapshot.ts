import { apiFailureOf } from "../../outscale/errors.ts";
import type { Build } from "../build.ts";
import { renderPublic, sourceValues } from "../render-late.ts";
import { snapshotKind } from "../resources/snapshot.ts";
import type { Scope } from "../scope.ts";
import { step } from "../step.ts";
import type { SourceOmi } from "./check-root-device.ts";
import type { RootVolume } from "./create-volume.ts";
import { waitProgress } from "./wait-progress.ts";

export interface CreateSnapshotInput {
  readonly volume: RootVolume;
  readonly source: SourceOmi | undefined;
  readonly omiName: string;
  readonly undo: Scope;
}

/**
 * Takes the snapshot of the unlinked volume, and waits until it is `completed`: only then its data is cut, and the
 * volume may go.
 *
 * Acquires: the snapshot, deleted when the build fails.
 * @returns the snapshot's id
 * @throws {WaitError} when it ends in `error`
 */
export const createSnapshot = step(
  "StepSnapshot",
  async (build: Build, { volume, source, omiName, undo }: CreateSnapshotInput): Promise<string> => {
    const { api, config, ui, waiters, signal } = build;
    ui.say("Creating the snapshot...");
    const description =
      config.snapshotDescription === undefined
        ? `Root of ${omiName} (outscale-chroot run ${build.runId})`
        : renderPublic(
            build,
            "snapshot_description",
            config.snapshotDescription,
            sourceValues(build.region, source?.image),
          );
    const clientToken = build.newClientToken("snapshot");
    const lease = await undo.acquire(snapshotKind, { clientToken }, async () => {
      const request = { VolumeId: volume.id, Description: description, ClientToken: clientToken };
      return createWhenAllowed(build, async () => (await api.createSnapshot(request)).Snapshot.SnapshotId);
    });
    ui.message(`Snapshot ID: ${lease.id}`);
    await build.runTags.add(lease.id);
    const onProgress = waitProgress(build, `the snapshot ${lease.id}`);
    await waiters.snapshot(lease.id, { until: "completed", sizeGib: volume.sizeGib, signal, onProgress });
    return lease.id;
  },
);

/** Too many snapshots are being taken at once (a limit of the account): some will be done soon. */
const TOO_MANY_AT_ONCE = "10008";
const PAUSE_MS = 10_000;

/** Tries until the account may take one more snapshot, within the time that a snapshot has. */
async function createWhenAllowed(build: Build, create: () => Promise<string>): Promise<string> {
  const { clock, config, ui, signal } = build;
  const deadline = clock.now() + config.timeouts.snapshot;
  for (;;) {
    try {
      return await create();
    } catch (error) {
      if (apiFailureOf(error)?.apiCode !== TOO_MANY_AT_ONCE || clock.now() > deadline) throw error;
      ui.message("The account cannot take more snapshots at the same time: waiting for one to finish...");
      await clock.sleep(PAUSE_MS, signal);
    }
  }
}
