import type * as z from "zod";
import * as answers from "./oapi-answers.ts";
import * as requests from "./oapi-requests.ts";

/**
 * The actions of the OUTSCALE API that this project speaks, each with the schema of its request and of its answer.
 *
 * One source for the client (types of both, reading of answers) and for the local cloud (checking of requests). Names
 * are the API's own. Requests are strict; answers drop unknown fields and take any state (see scripts/generate-oapi.ts).
 * A request with `DryRun: true` is answered with the `ResponseContext` alone, whatever the action.
 */
export const actions = {
  CheckAuthentication: { request: requests.CheckAuthenticationRequest, response: answers.CheckAuthenticationResponse },
  CreateImage: { request: requests.CreateImageRequest, response: answers.CreateImageResponse },
  CreateImageExportTask: {
    request: requests.CreateImageExportTaskRequest,
    response: answers.CreateImageExportTaskResponse,
  },
  CreateSnapshot: { request: requests.CreateSnapshotRequest, response: answers.CreateSnapshotResponse },
  CreateSnapshotExportTask: {
    request: requests.CreateSnapshotExportTaskRequest,
    response: answers.CreateSnapshotExportTaskResponse,
  },
  CreateTags: { request: requests.CreateTagsRequest, response: answers.CreateTagsResponse },
  CreateVolume: { request: requests.CreateVolumeRequest, response: answers.CreateVolumeResponse },
  DeleteImage: { request: requests.DeleteImageRequest, response: answers.DeleteImageResponse },
  DeleteSnapshot: { request: requests.DeleteSnapshotRequest, response: answers.DeleteSnapshotResponse },
  DeleteTags: { request: requests.DeleteTagsRequest, response: answers.DeleteTagsResponse },
  DeleteVolume: { request: requests.DeleteVolumeRequest, response: answers.DeleteVolumeResponse },
  LinkVolume: { request: requests.LinkVolumeRequest, response: answers.LinkVolumeResponse },
  ReadAccessKeys: { request: requests.ReadAccessKeysRequest, response: answers.ReadAccessKeysResponse },
  ReadAccounts: { request: requests.ReadAccountsRequest, response: answers.ReadAccountsResponse },
  ReadImageExportTasks: {
    request: requests.ReadImageExportTasksRequest,
    response: answers.ReadImageExportTasksResponse,
  },
  ReadImages: { request: requests.ReadImagesRequest, response: answers.ReadImagesResponse },
  ReadQuotas: { request: requests.ReadQuotasRequest, response: answers.ReadQuotasResponse },
  ReadRegions: { request: requests.ReadRegionsRequest, response: answers.ReadRegionsResponse },
  ReadSnapshotExportTasks: {
    request: requests.ReadSnapshotExportTasksRequest,
    response: answers.ReadSnapshotExportTasksResponse,
  },
  ReadSnapshots: { request: requests.ReadSnapshotsRequest, response: answers.ReadSnapshotsResponse },
  ReadSubregions: { request: requests.ReadSubregionsRequest, response: answers.ReadSubregionsResponse },
  ReadTags: { request: requests.ReadTagsRequest, response: answers.ReadTagsResponse },
  ReadVms: { request: requests.ReadVmsRequest, response: answers.ReadVmsResponse },
  ReadVmsState: { request: requests.ReadVmsStateRequest, response: answers.ReadVmsStateResponse },
  ReadVolumeUpdateTasks: {
    request: requests.ReadVolumeUpdateTasksRequest,
    response: answers.ReadVolumeUpdateTasksResponse,
  },
  ReadVolumes: { request: requests.ReadVolumesRequest, response: answers.ReadVolumesResponse },
  UnlinkVolume: { request: requests.UnlinkVolumeRequest, response: answers.UnlinkVolumeResponse },
  UpdateImage: { request: requests.UpdateImageRequest, response: answers.UpdateImageResponse },
  UpdateSnapshot: { request: requests.UpdateSnapshotRequest, response: answers.UpdateSnapshotResponse },
  UpdateVolume: { request: requests.UpdateVolumeRequest, response: answers.UpdateVolumeResponse },
} as const;

export type ActionName = keyof typeof actions;
/** The body of a request, as it is sent. */
export type RequestOf<A extends ActionName> = z.infer<(typeof actions)[A]["request"]>;
/** The body of a successful answer. */
export type ResponseOf<A extends ActionName> = z.infer<(typeof actions)[A]["response"]>;

/** Whether a boot mode read from an answer is one that a request may carry. */
export function isBootMode(mode: string): mode is requests.BootMode {
  return requests.BootMode.safeParse(mode).success;
}

// The objects of answers, under the API's names.
export type {
  AccessKey,
  Account,
  BlockDeviceMappingCreated,
  BlockDeviceMappingImage,
  BsuCreated,
  BsuToCreate,
  Image,
  ImageExportTask,
  LinkedVolume,
  PermissionsOnResource,
  Placement,
  Quota,
  QuotaTypes,
  Region,
  ResourceTag,
  ResponseContext,
  Snapshot,
  SnapshotExportTask,
  StateComment,
  Subregion,
  Tag,
  Vm,
  VmStates,
  Volume,
  VolumeUpdateTask,
} from "./oapi-answers.ts";
// The parts of requests. Where an answer has the same name, what is answered may hold values a request may not.
export type {
  BlockDeviceMappingImage as BlockDeviceMappingImageRequest,
  BootMode,
  BsuToCreate as BsuToCreateRequest,
  FiltersImage,
  FiltersSnapshot,
  FiltersTag,
  FiltersVm,
  FiltersVolume,
  OsuExportToCreate,
  PermissionsOnResourceCreation,
} from "./oapi-requests.ts";
