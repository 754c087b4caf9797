import { DeviceError, UsageError } from "../../common/errors.ts";
import type { Build } from "../build.ts";
import type { RunRecord } from "../journal/read-journal.ts";
import { finishingCommand } from "../region-copy/missing-copies.ts";
import { volumeKind } from "../resources/volume.ts";
import type { Scope } from "../scope.ts";
import { step } from "../step.ts";
import type { RootVolume } from "./create-volume.ts";

export interface TakeOverVolumeInput {
  readonly resumed: RunRecord;
  readonly temporary: Scope;
}

/**
 * Takes the volume of a dead run, in place of a new one. `StepTakeOverRun` has come before, so that it is not linked.
 *
 * Acquires: the volume, once it is known to be there and free. Until then it stays whatever happens.
 * @throws {DeviceError} when it is gone
 */
export const takeOverVolume = step(
  "StepTakeOverVolume",
  async (build: Build, { temporary, resumed }: TakeOverVolumeInput): Promise<RootVolume> => {
    const left = volumeOf(resumed);
    await assertThere(build, left);
    const volume = await build.waiters.volume(left.id, { until: "available", signal: build.signal });
    temporary.takeOver(volumeKind, left);
    build.ui.message(`Volume ${left.id}: ${volume.Size} GiB, ${volume.VolumeType}`);
    return { id: left.id, sizeGib: volume.Size, type: volume.VolumeType, iops: volume.Iops };
  },
);

/**
 * The volume of a run that can be gone on with.
 * @throws {UsageError} when it had none yet, nobody has seen its id, or the OMI is there already
 */
export function volumeOf(record: Pick<RunRecord, "header" | "resources" | "product" | "copies" | "copied">) {
  const { header, resources, product } = record;
  if (product !== undefined) {
    const finishing = finishingCommand(record);
    throw new UsageError(`The run ${header.runId} has published its OMI: there is nothing left to do`, {
      hint: [
        `Take down what it left: outscale-chroot cleanup ${header.runId}`,
        ...(finishing === undefined ? [] : [`then make the copies that are missing: ${finishing}`]),
      ].join("; "),
    });
  }
  const volume = resources.find(({ kind }) => kind === volumeKind.name);
  if (volume?.id === undefined) {
    throw new UsageError(`The run ${header.runId} has no volume to continue with`, {
      hint: `Take down what it left, outscale-chroot cleanup ${header.runId}, and build again`,
    });
  }
  return { seq: volume.seq, id: volume.id, intent: volumeKind.intent.parse(volume.intent) };
}

/** Its token says that it is the run's own, where the service tells it. */
async function assertThere({ api, signal, runId }: Build, { id, intent }: ReturnType<typeof volumeOf>): Promise<void> {
  const { Volumes } = await api.readVolumes({ Filters: { VolumeIds: [id] } }, { signal });
  const volume = Volumes[0];
  const isGone = volume === undefined || volume.State === "deleting";
  const isAnother = Boolean(volume?.ClientToken) && volume?.ClientToken !== intent.clientToken;
  if (!isGone && !isAnother) return;
  const what = isGone ? "is gone" : "is not the one that the run has made";
  throw new DeviceError(`The volume ${id} of the run ${runId} ${what}`, {
    resourceId: id,
    hint: `Nothing can be resumed: run outscale-chroot cleanup ${runId}, and build again`,
  });
}
