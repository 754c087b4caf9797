import type { Clock } from "../common/clock.ts";
import type { Api } from "./api.ts";
import type { Image, ImageExportTask, Snapshot, SnapshotExportTask, Volume } from "./oapi.ts";
import { SharedPoller } from "./shared-poller.ts";

/** One poller per kind of resource. */
export interface Pollers {
  readonly volume: SharedPoller<Volume>;
  readonly snapshot: SharedPoller<Snapshot>;
  readonly image: SharedPoller<Image>;
  readonly imageExport: SharedPoller<Commented<ImageExportTask>>;
  readonly snapshotExport: SharedPoller<Commented<SnapshotExportTask>>;
}

/** A task says in its comment why it has failed. */
export type Commented<Task> = Task & { readonly StateComment: { readonly StateMessage?: string | undefined } };

/** What polling needs of the API. */
export type ReadApi = Pick<
  Api,
  "readVolumes" | "readSnapshots" | "readImages" | "readImageExportTasks" | "readSnapshotExportTasks"
>;

const pollers = new WeakMap<ReadApi, Pollers>();

/** The pollers of an API object: whoever waits with the same one shares requests. */
export function pollersOf(api: ReadApi, clock: Clock): Pollers {
  const known = pollers.get(api) ?? createPollers(api, clock);
  pollers.set(api, known);
  return known;
}

function createPollers(api: ReadApi, clock: Clock): Pollers {
  return {
    volume: new SharedPoller(async (VolumeIds, signal) => {
      const { Volumes } = await api.readVolumes({ Filters: { VolumeIds: [...VolumeIds] } }, { signal });
      return new Map(Volumes.map((volume) => [volume.VolumeId, volume]));
    }, clock),
    snapshot: new SharedPoller(async (SnapshotIds, signal) => {
      const { Snapshots } = await api.readSnapshots({ Filters: { SnapshotIds: [...SnapshotIds] } }, { signal });
      return new Map(Snapshots.map((snapshot) => [snapshot.SnapshotId, snapshot]));
    }, clock),
    image: new SharedPoller(async (ImageIds, signal) => {
      const { Images } = await api.readImages({ Filters: { ImageIds: [...ImageIds] } }, { signal });
      return new Map(Images.map((image) => [image.ImageId, image]));
    }, clock),
    imageExport: new SharedPoller(async (TaskIds, signal) => {
      const filters = { Filters: { TaskIds: [...TaskIds] } };
      const { ImageExportTasks } = await api.readImageExportTasks(filters, { signal });
      return new Map(ImageExportTasks.map((task) => [task.TaskId, commented(task)]));
    }, clock),
    snapshotExport: new SharedPoller(async (TaskIds, signal) => {
      const filters = { Filters: { TaskIds: [...TaskIds] } };
      const { SnapshotExportTasks } = await api.readSnapshotExportTasks(filters, { signal });
      return new Map(SnapshotExportTasks.map((task) => [task.TaskId, commented(task)]));
    }, clock),
  };
}

function commented<Task extends { readonly Comment?: string | undefined }>(task: Task): Commented<Task> {
  return { ...task, StateComment: { StateMessage: task.Comment } };
}
