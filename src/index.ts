/**
 * The library: what the command line does with a template, the engine below it, and the pieces that users of the
 * original's Go package know, under the names of its documentation. docs/library.md shows how to use it, and docs/go-api.md
 * maps every symbol of the original.
 */

// What the command line does with templates.

export { type BakeInput, type BakeResult, bake } from "./bake/bake.ts";
export { type ConnectInput, connectToRun } from "./bake/connect-to-run.ts";
export type { BakeEvent, Question } from "./bake/event-report.ts";
export { type InspectInput, inspect } from "./bake/inspect.ts";
export type { OpenBakeInput } from "./bake/open-bake.ts";
export { type ConsoleInput, openTemplateConsole } from "./bake/open-console.ts";
export type { Plan, PlannedComponent, PlannedRequest, PlannedResource, PlannedStep } from "./bake/plan/plan.ts";
export { type PlanInput, type Plans, plan } from "./bake/plan/plan-builds.ts";
export type { BuildSettings } from "./bake/prepare-builds.ts";
export type { LineKind } from "./bake/report.ts";
export { type ResumeInput, resume } from "./bake/resume.ts";
export type { BakedBuild } from "./bake/run-builds.ts";
export type { TemplateInput } from "./bake/template-input.ts";
export type { SinceLast } from "./bake/unchanged/since-last.ts";
export { type ValidateInput, type Validation, validate } from "./bake/validate.ts";
export type { TemplateConsole } from "./template/console.ts";
export type { BuildDescription, TemplateDescription, VariableDescription } from "./template/inspect-template.ts";

// What is in images.

export { type BillFormat, type BillInput, billOfMaterials } from "./bake/bill-of-materials.ts";
export type { EvidenceWishes, ImageEvidence } from "./bake/image-evidence.ts";
export { type DiffImagesInput, diffImages } from "./bake/images/diff-images.ts";
export { type Byproduct, type ProvenanceTextInput, provenanceText } from "./bake/provenance/provenance-text.ts";
export {
  type ProvenanceCheck,
  type VerifiedProvenance,
  type VerifyProvenanceInput,
  verifyProvenance,
} from "./bake/provenance/verify-provenance.ts";
export type { User } from "./evidence/accounts.ts";
export type { FileChange, FolderChange, ImageDiff, ListDiff } from "./evidence/image-diff.ts";
export type { OsRelease } from "./evidence/os-release.ts";
export type { Package } from "./evidence/packages/package.ts";
export { ProvenanceError } from "./evidence/provenance/provenance-error.ts";
export type { ProvenanceStatement, ResourceDescriptor } from "./evidence/provenance/statement.ts";
export type { ImageContents } from "./evidence/scan-image.ts";

// The account's own images.

export type { PruneRule } from "./bake/omis/choose-images.ts";
export { type CopiedOmi, type CopyOmiInput, type CopyTo, copyOmi } from "./bake/omis/copy-omi.ts";
export { type ExportedOmi, type ExportOmiInput, exportOmi } from "./bake/omis/export-omi.ts";
export { type ImportedOmi, type ImportOmiInput, importOmi } from "./bake/omis/import-omi.ts";
export { type ImageList, listImages } from "./bake/omis/list-images.ts";
export type { ManifestPlace } from "./bake/omis/manifest-url.ts";
export type { OmisInput } from "./bake/omis/open-omis.ts";
export type { OwnImage } from "./bake/omis/own-image.ts";
export { type PrunedImage, type PruneImagesInput, pruneImages } from "./bake/omis/prune-images.ts";
export type { TransferInput } from "./bake/omis/transfer-input.ts";
export type { Permissions } from "./builder/permissions.ts";
export type { RegionCopy } from "./builder/region-copy/copy-image.ts";
export type { TransferMethod } from "./builder/region-copy/export-image.ts";

// What runs have left.

export type { RunRecord } from "./history/run-record.ts";
export { findRecord as findRun, forgetRun, listRuns, type RunList, type RunSummary } from "./history/runs.ts";

export { reportText } from "./report/report-text.ts";

// A cloud on this machine.

export { defaultCloudFolder } from "./bake/local-session.ts";
export type { LocalCloudOptions } from "./local-cloud/options.ts";
export { type LocalCloud, startLocalCloud } from "./local-cloud/start-local-cloud.ts";

// The engine: a configuration and a function that provisions, without a template.

export { BuilderId, joinArtifactIds, OmiArtifact as Artifact } from "./builder/artifact.ts";
export { Builder, type BuilderOptions, type RunInput } from "./builder/builder.ts";
export {
  type CleanedRun,
  CleanUpError,
  type CleanUpOptions,
  type Connection,
  cleanUpRuns,
} from "./builder/clean-up-runs.ts";
export { type EnterRunOptions, enterRun } from "./builder/enter-run.ts";
export type { BuildEvent, EventSink, StepName } from "./builder/events.ts";
export { generatedDataNames } from "./builder/generated-data.ts";
export type { GeneratedData, Hook, ProvisionInput, WorkLog } from "./builder/hook.ts";
export type { ImageInspector, InspectedImage } from "./builder/image-inspector.ts";
export type { DoneWork, RunHeader } from "./builder/journal/entry.ts";
export { HeldRun } from "./builder/journal/runs.ts";
export type { Phase } from "./builder/phase.ts";
export type { Product, ProductCopy } from "./builder/publish-omi.ts";
export type { MissingCopies } from "./builder/region-copy/missing-copies.ts";
export type { Ui } from "./builder/ui.ts";
export type { ChrootCommunicatorOptions as CommunicatorOptions } from "./chroot/chroot-communicator.ts";
export { ChrootCommunicator as Communicator } from "./chroot/chroot-communicator.ts";
export type {
  Communicator as CommunicatorInterface,
  DownloadDirOptions,
  DownloadOptions,
  DownloadShare,
  Owner,
  RemoteCommand,
  TemporaryPlace,
  TransferOptions,
  UploadDirOptions,
  UploadInfo,
} from "./chroot/communicator.ts";
export type { Clock } from "./common/clock.ts";
export type { DebugLog, LogEntry } from "./common/log.ts";
export type { BuildConfig as Config, OnError } from "./config/build-config.ts";
export { type HclShapes, hclShapes } from "./config/hcl-shape.ts";
export { configJsonSchema } from "./config/json-schema.ts";
export { optionReference } from "./config/option-reference.ts";
export type { PreparedConfig as Prepared } from "./config/prepare-config.ts";
export type { FlatConfig } from "./config/schema.ts";
export type { RawConfig, RawList, RawValue } from "./definition/raw-value.ts";
export type { ExitStatus } from "./host/command-error.ts";
export {
  type CommandRunner,
  hostRunner,
  type RunningProcess,
  type RunOptions,
  type RunResult,
  type SpawnOptions,
} from "./host/run-command.ts";

// The pieces of a build that the original exports, too.

export type { Lease as Cleanup } from "./builder/scope.ts";
export { checkAuth as StepCheckAuth } from "./builder/steps/check-auth.ts";
export { checkRootDevice as StepCheckRootDevice } from "./builder/steps/check-root-device.ts";
export { provision as StepChrootProvision } from "./builder/steps/chroot-provision.ts";
export { copyFiles as StepCopyFiles } from "./builder/steps/copy-files.ts";
export { copySourceOmi as StepCopySourceOMI } from "./builder/steps/copy-source-omi.ts";
export { createOmi as StepCreateOMI } from "./builder/steps/create-omi.ts";
export { tagOmi as StepCreateTags } from "./builder/steps/create-tags.ts";
export { createVolume as StepCreateVolume } from "./builder/steps/create-volume.ts";
export { deregisterOmi as StepDeregisterOMI } from "./builder/steps/deregister-omi.ts";
export { cleanUpEarly as StepEarlyCleanup } from "./builder/steps/early-cleanup.ts";
export { releaseDeviceLock as StepEarlyUnflock } from "./builder/steps/early-unflock.ts";
export { takeDeviceLock as StepFlock } from "./builder/steps/flock.ts";
export { linkVolume as StepLinkVolume } from "./builder/steps/link-volume.ts";
export { mountDevice as StepMountDevice } from "./builder/steps/mount-device.ts";
export { mountExtra as StepMountExtra } from "./builder/steps/mount-extra.ts";
export { runPostMountCommands as StepPostMountCommands } from "./builder/steps/post-mount-commands.ts";
export { runPreMountCommands as StepPreMountCommands } from "./builder/steps/pre-mount-commands.ts";
export { preValidate as StepPreValidate } from "./builder/steps/pre-validate.ts";
export { prepareDevice as StepPrepareDevice } from "./builder/steps/prepare-device.ts";
export { createSnapshot as StepSnapshot } from "./builder/steps/snapshot.ts";
export { findSourceOmi as StepSourceOMIInfo } from "./builder/steps/source-omi-info.ts";
export { takeOverRun as StepTakeOverRun } from "./builder/steps/take-over-run.ts";
export { takeOverVolume as StepTakeOverVolume } from "./builder/steps/take-over-volume.ts";
export { updateOmiAttributes as StepUpdateOMIAttributes } from "./builder/steps/update-omi-attributes.ts";
export { readVm as StepVmInfo } from "./builder/steps/vm-info.ts";
export { DEVICE_LOCK_FILE, LOCK_EX, LOCK_NB, LOCK_UN } from "./host/device-lock.ts";
export { availableDevice } from "./host/device-name.ts";
export { type CommandWrapper, runLocalCommands, shellCommand } from "./host/run-local-commands.ts";

// What steps take and give.

export type { Build } from "./builder/build.ts";
export type { JsonObject } from "./builder/journal/entry.ts";
export type { OpenImage } from "./builder/open-image.ts";
export type { ProductInput, ProductInputs } from "./builder/product-inputs.ts";
export type { Scope } from "./builder/scope.ts";
export type { Session } from "./builder/session.ts";
export type { Step } from "./builder/step.ts";
export type { SourceOmi } from "./builder/steps/check-root-device.ts";
export type { ProvisionStepInput } from "./builder/steps/chroot-provision.ts";
export type { CopySourceOmiInput, UsableSource } from "./builder/steps/copy-source-omi.ts";
export type { CreateOmiInput } from "./builder/steps/create-omi.ts";
export type { CreateTagsInput } from "./builder/steps/create-tags.ts";
export type { CreateVolumeInput, RootVolume } from "./builder/steps/create-volume.ts";
export type { DeregisterOmiInput } from "./builder/steps/deregister-omi.ts";
export type { CleanUpInput } from "./builder/steps/early-cleanup.ts";
export type { LinkedDevice, LinkVolumeInput } from "./builder/steps/link-volume.ts";
export type { MountDeviceInput, MountedRoot } from "./builder/steps/mount-device.ts";
export type { ExtraMounts, MountExtraInput } from "./builder/steps/mount-extra.ts";
export type { DeviceChoice, PrepareDeviceInput } from "./builder/steps/prepare-device.ts";
export type { CreateSnapshotInput } from "./builder/steps/snapshot.ts";
export type { FindSourceOmiInput } from "./builder/steps/source-omi-info.ts";
export type { TakeOverRunInput } from "./builder/steps/take-over-run.ts";
export type { TakeOverVolumeInput } from "./builder/steps/take-over-volume.ts";
export type { UpdateOmiAttributesInput } from "./builder/steps/update-omi-attributes.ts";
export type { BuilderVm } from "./builder/steps/vm-info.ts";
export type { HclShape } from "./config/hcl-shape.ts";
export type { OptionEntry, OptionGroup } from "./config/option-reference.ts";
export type { DeviceLock } from "./host/device-lock.ts";

// What is thrown: a class for every error code.

export { BootCheckError } from "./boot/boot-check-error.ts";
export { JournalError } from "./builder/journal/journal-error.ts";
export { RegionCopyError } from "./builder/region-copy/region-copy-error.ts";
export { SandboxError } from "./chroot/anchor.ts";
export { TransferError } from "./chroot/transfer-error.ts";
export * from "./common/errors.ts";
export { InterpolationError } from "./go-template/interpolation-error.ts";
export { type Diagnostic, TemplateError } from "./hcl/source/diagnostic.ts";
export { RecordError } from "./history/record-error.ts";
export { CommandError, MissingProgramError } from "./host/command-error.ts";
export { MissingProgramsError } from "./host/required-programs.ts";
export { HygieneError } from "./hygiene/hygiene-job.ts";
export { ImageCheckError } from "./hygiene/image-check-error.ts";
export { LocalCloudError } from "./local-cloud/local-cloud-error.ts";
export { ApiAuthError, ApiError, MetadataError, WaitError, WaitTimeoutError } from "./outscale/errors.ts";
export { StorageAuthError, StorageError } from "./outscale/object-storage/storage-error.ts";
export { PostProcessError } from "./post-processors/run-post-processors.ts";
