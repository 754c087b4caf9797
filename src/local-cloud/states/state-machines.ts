import type { Cloud } from "../cloud.ts";
import { isExporting } from "../is-exporting.ts";
import { type ImageRecord, isBeingCut, type SnapshotRecord, type VolumeRecord } from "../records.ts";
import { exportToBucket } from "../transfers/export-work.ts";
import { importManifest, importSnapshot } from "../transfers/import-work.ts";
import { endVolumeTask } from "../volume-tasks.ts";
import { attachLink, detachLink } from "./link-work.ts";
import type { Machine, TransitionName } from "./transitions.ts";

type Work = (cloud: Cloud, id: string) => Promise<void>;

/** The work waits for something that is stuck: it stays where it is too, and is done when the faults are cleared. */
export class StuckError extends Error {}

/** Where an object goes. */
export interface NextState {
  /** `absent` removes the object, or the part of it. */
  readonly state: string;
  /** Why it has failed, for those who see it. */
  readonly reason?: string;
}

/** How a machine's state is read and stored, and the work that a transition stands for. */
export interface StateMachine {
  ids(cloud: Cloud): readonly string[];
  stateOf(cloud: Cloud, id: string): string | undefined;
  move(cloud: Cloud, id: string, next: NextState): void;
  readonly work: Readonly<Partial<Record<TransitionName, Work>>>;
  /** What takes back half of a work that has failed. */
  readonly undo?: Readonly<Partial<Record<TransitionName, Work>>>;
}

const volume: StateMachine = {
  ids: ({ store }) => store.volumes.values().map(({ id }) => id),
  stateOf: ({ store }, id) => store.volumes.get(id)?.api.State,
  move: ({ store }, id, { state }) => {
    if (state === "absent") store.volumes.delete(id);
    else changeVolume({ store }, id, (record) => ({ ...record, api: { ...record.api, State: state } }));
  },
  work: { "volume.creating": fillVolume, "volume.deleting": removeDisk },
};

const link: StateMachine = {
  ids: ({ store }) => store.volumes.values().map(({ id }) => id),
  stateOf: ({ store }, id) => store.volumes.get(id)?.api.LinkedVolumes[0]?.State,
  move: (cloud, id, { state }) =>
    changeVolume(cloud, id, ({ linkDate, ...record }) => {
      if (state === "absent") return { ...record, api: { ...record.api, State: "available", LinkedVolumes: [] } };
      if (state === "error") return { ...record, api: { ...record.api, State: "error", LinkedVolumes: [] } };
      const LinkedVolumes = record.api.LinkedVolumes.map((linked) => ({ ...linked, State: state }));
      return { ...record, ...(linkDate ? { linkDate } : {}), api: { ...record.api, LinkedVolumes } };
    }),
  work: { "link.attaching": attachLink, "link.detaching": detachLink },
  undo: { "link.attaching": detachLink },
};

const update: StateMachine = {
  ids: ({ store }) => store.volumes.values().map(({ id }) => id),
  stateOf: ({ store }, id) => (store.volumes.get(id)?.update ? "updating" : undefined),
  move: (cloud, id, { state }) =>
    changeVolume(cloud, id, ({ update: _done, ...record }) => {
      const { TaskId, ...api } = record.api;
      if (TaskId) endVolumeTask(cloud, TaskId, state === "absent" ? "completed" : "failed");
      return { ...record, api };
    }),
  work: { "update.updating": applyUpdate },
};

const snapshot: StateMachine = {
  ids: ({ store }) => store.snapshots.values().map(({ id }) => id),
  stateOf: ({ store }, id) => store.snapshots.get(id)?.api.State,
  move: ({ store, settings }, id, { state, reason }) => {
    const record = store.snapshots.get(id);
    if (!record) return;
    if (state === "absent") return store.snapshots.delete(id);
    const pending = state === "pending" ? { pendingSinceMs: settings.clock.now() } : {};
    const Progress = state === "completed" ? 100 : 0;
    const failure = reason === undefined ? {} : { failure: reason };
    store.snapshots.put({ ...record, ...pending, ...failure, api: { ...record.api, State: state, Progress } });
  },
  work: {
    "snapshot.pending": fillSnapshot,
    "snapshot.importing": importSnapshot,
    "snapshot.deleting": removeDisk,
  },
};

const image: StateMachine = {
  ids: ({ store }) => store.images.values().map(({ id }) => id),
  stateOf: ({ store }, id) => store.images.get(id)?.api.State,
  move: ({ store }, id, { state, reason }) => {
    const record = store.images.get(id);
    if (!record) return;
    if (state === "absent") return store.images.delete(id);
    const what = `It cannot be ${record.importFrom ? "imported" : "made"}`;
    const StateComment = state === "failed" ? { StateCode: "failed", StateMessage: because(what, reason) } : {};
    store.images.put({ ...record, api: { ...record.api, State: state, StateComment } });
  },
  work: { "image.pending": awaitSnapshots },
};

/** Of an image, or of one snapshot. */
function exportMachine(prefix: string, work: StateMachine["work"]): StateMachine {
  return {
    ids: ({ store }) => store.exportTasks.values().flatMap(({ id }) => (id.startsWith(prefix) ? id : [])),
    stateOf: ({ store }, id) => store.exportTasks.get(id)?.api.State,
    move: ({ store }, id, { state: State, reason }) => {
      const task = store.exportTasks.get(id);
      if (!task) return;
      const { ImageId, SnapshotId } = task.api;
      const what = `The export of ${ImageId ?? SnapshotId} failed`;
      const failed = State === "failed" ? { Comment: because(what, reason) } : {};
      const done = State === "completed" ? { Progress: 100 } : {};
      store.exportTasks.put({ ...task, api: { ...task.api, State, ...failed, ...done } });
    },
    work,
  };
}

export const stateMachines: Readonly<Record<Machine, StateMachine>> = {
  ...{ volume, link, update, snapshot, image },
  "image-export": exportMachine("image-export-", { "image-export.pending": exportToBucket }),
  "snapshot-export": exportMachine("snap-export-", { "snapshot-export.active": exportToBucket }),
};

/** The output of a program may be very long. */
const LONGEST_REASON = 500;

function because(what: string, reason: string | undefined): string {
  return reason === undefined ? what : `${what}: ${reason.slice(0, LONGEST_REASON)}`;
}

function changeVolume(
  { store }: Pick<Cloud, "store">,
  id: string,
  change: (record: VolumeRecord) => VolumeRecord,
): void {
  const record = store.volumes.get(id);
  if (record) store.volumes.put(change(record));
}

async function fillVolume({ store, disks }: Cloud, id: string): Promise<void> {
  const { api } = mustHave(store.volumes.get(id), id);
  if (api.SnapshotId) await disks.copy(api.SnapshotId, id, api.Size);
  else await disks.create(id, api.Size);
}

/** What is still being made of a disk reads it: the disk goes when the last reader is done, and that is not forgotten. */
async function removeDisk(cloud: Cloud, id: string): Promise<void> {
  await readersDone(cloud, id);
  await cloud.lifecycle.stored();
  await cloud.disks.remove(id);
}

/**
 * A deletion waits for the readers of its disk, and an image for its snapshots. So a reader never waits for what it reads,
 * which may be on its way out: they would wait for each other. It is complete before anything may begin to read it.
 * @throws {StuckError} when a reader is stuck, and so still needs the disk
 */
async function readersDone(cloud: Cloud, diskId: string): Promise<void> {
  const { lifecycle } = cloud;
  const { snapshots, volumes, exports } = readersOf(cloud, diskId);
  await Promise.all([
    ...exports.map(({ id }) => lifecycle.settled(id.startsWith("image") ? "image-export" : "snapshot-export", id)),
    ...snapshots.map(({ id }) => lifecycle.settled("snapshot", id)),
    ...volumes.map(({ id }) => lifecycle.settled("volume", id)),
  ]);
  const left = readersOf(cloud, diskId);
  const [stuck] = [...left.snapshots, ...left.volumes, ...left.exports];
  if (stuck) throw new StuckError(`${stuck.id} is stuck and still needs ${diskId}`);
}

function readersOf({ store }: Cloud, diskId: string) {
  return {
    exports: store.exportTasks
      .values()
      .filter(({ api, snapshots }) => isExporting(api) && snapshots.some(({ snapshotId }) => snapshotId === diskId)),
    snapshots: store.snapshots.values().filter((record) => record.source.id === diskId && isBeingCut(record)),
    volumes: store.volumes.values().filter(({ api }) => api.SnapshotId === diskId && api.State === "creating"),
  };
}

async function applyUpdate(cloud: Cloud, id: string): Promise<void> {
  const { update: wanted, api } = mustHave(cloud.store.volumes.get(id), id);
  if (!wanted) return;
  if (wanted.Size > api.Size) await cloud.disks.grow(id, wanted.Size);
  changeVolume(cloud, id, (record) => {
    const { Iops: _old, ...kept } = record.api;
    return { ...record, api: { ...kept, ...wanted } };
  });
}

async function fillSnapshot({ store, disks }: Cloud, id: string): Promise<void> {
  const { source, api } = mustHave(store.snapshots.get(id), id);
  if (source.kind === "disk") return;
  if (source.kind === "volume") return disks.copy(source.id, id, api.VolumeSize);
  await disks.share(source.id, id);
}

async function awaitSnapshots(cloud: Cloud, id: string): Promise<void> {
  const { store, lifecycle } = cloud;
  await importManifest(cloud, mustHave(store.images.get(id), id));
  const ids = snapshotsOf(mustHave(store.images.get(id), id));
  await Promise.all(ids.map((snapshotId) => lifecycle.settled("snapshot", snapshotId)));
  for (const snapshotId of ids) refuseStuck(store, snapshotId);
  for (const snapshotId of ids) {
    const { api, failure } = mustHave(store.snapshots.get(snapshotId), snapshotId);
    if (api.State !== "completed") throw new Error(`${snapshotId}: ${failure ?? `It is ${api.State}`}`);
  }
}

/** @throws {StuckError} when a snapshot that has settled is in a state that does not last */
function refuseStuck({ snapshots }: Cloud["store"], id: string): void {
  const record = snapshots.get(id);
  if (record && isBeingCut(record)) throw new StuckError(`The snapshot ${id} is stuck`);
}

/** The snapshots that an image maps. */
export function snapshotsOf({ api }: ImageRecord): string[] {
  return api.BlockDeviceMappings.flatMap(({ Bsu }) => Bsu?.SnapshotId ?? []);
}

function mustHave<Row extends VolumeRecord | SnapshotRecord | ImageRecord>(row: Row | undefined, id: string): Row {
  if (!row) throw new Error(`${id} is gone`);
  return row;
}
