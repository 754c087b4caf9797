import type { Clock } from "../common/clock.ts";
import type { Api } from "./api.ts";
import type { Image, Snapshot, Volume } from "./oapi.ts";
import { SharedPoller } from "./shared-poller.ts";

/** One poller per kind of resource. */
export interface Pollers {
  readonly volume: SharedPoller<Volume>;
  readonly snapshot: SharedPoller<Snapshot>;
  readonly image: SharedPoller<Image>;
}

/** What polling needs of the API. */
export type ReadApi = Pick<Api, "readVolumes" | "readSnapshots" | "readImages">;

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
  };
}
