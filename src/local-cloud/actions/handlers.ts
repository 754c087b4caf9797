import type { ActionName } from "../../outscale/oapi.ts";
import type { Handler } from "./call.ts";
import { checkAuthentication } from "./check-authentication.ts";
import { createImage } from "./create-image.ts";
import { createSnapshot } from "./create-snapshot.ts";
import { createTags } from "./create-tags.ts";
import { createVolume } from "./create-volume.ts";
import { deleteImage } from "./delete-image.ts";
import { deleteSnapshot } from "./delete-snapshot.ts";
import { deleteTags } from "./delete-tags.ts";
import { deleteVolume } from "./delete-volume.ts";
import {
  createImageExportTask,
  createSnapshotExportTask,
  readImageExportTasks,
  readSnapshotExportTasks,
} from "./export-tasks.ts";
import { linkVolume } from "./link-volume.ts";
import { readAccessKeys } from "./read-access-keys.ts";
import { readAccounts } from "./read-accounts.ts";
import { readImages } from "./read-images.ts";
import { readQuotas } from "./read-quotas.ts";
import { readRegions } from "./read-regions.ts";
import { readSnapshots } from "./read-snapshots.ts";
import { readSubregions } from "./read-subregions.ts";
import { readTags } from "./read-tags.ts";
import { readVms } from "./read-vms.ts";
import { readVmsState } from "./read-vms-state.ts";
import { readVolumeUpdateTasks } from "./read-volume-update-tasks.ts";
import { readVolumes } from "./read-volumes.ts";
import { unlinkVolume } from "./unlink-volume.ts";
import { updateImage } from "./update-image.ts";
import { updateSnapshot } from "./update-snapshot.ts";
import { updateVolume } from "./update-volume.ts";

/** What answers each call. */
export const handlers: { readonly [A in ActionName]: Handler<A> } = {
  CheckAuthentication: checkAuthentication,
  CreateImage: createImage,
  CreateImageExportTask: createImageExportTask,
  CreateSnapshot: createSnapshot,
  CreateSnapshotExportTask: createSnapshotExportTask,
  CreateTags: createTags,
  CreateVolume: createVolume,
  DeleteImage: deleteImage,
  DeleteSnapshot: deleteSnapshot,
  DeleteTags: deleteTags,
  DeleteVolume: deleteVolume,
  LinkVolume: linkVolume,
  ReadAccessKeys: readAccessKeys,
  ReadAccounts: readAccounts,
  ReadImageExportTasks: readImageExportTasks,
  ReadImages: readImages,
  ReadQuotas: readQuotas,
  ReadRegions: readRegions,
  ReadSnapshotExportTasks: readSnapshotExportTasks,
  ReadSnapshots: readSnapshots,
  ReadSubregions: readSubregions,
  ReadTags: readTags,
  ReadVms: readVms,
  ReadVmsState: readVmsState,
  ReadVolumeUpdateTasks: readVolumeUpdateTasks,
  ReadVolumes: readVolumes,
  UnlinkVolume: unlinkVolume,
  UpdateImage: updateImage,
  UpdateSnapshot: updateSnapshot,
  UpdateVolume: updateVolume,
};
