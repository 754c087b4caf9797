/**
 * The library: the engine that the command line and the Packer plugin drive, and the pieces that users of the
 * original's Go package know, under the names of its documentation. docs/go-api.md maps every one of them.
 */

export { BuilderId, joinArtifactIds, OmiArtifact as Artifact } from "./builder/artifact.ts";
export { Builder, type BuilderOptions, type RunInput } from "./builder/builder.ts";
export { type CleanedRun, type CleanUpOptions, type Connection, cleanUpRuns } from "./builder/clean-up-runs.ts";
export { type EnterRunOptions, enterRun } from "./builder/enter-run.ts";
export type { BuildEvent, EventSink, StepName } from "./builder/events.ts";
export { generatedDataNames } from "./builder/generated-data.ts";
export type { GeneratedData, Hook, ProvisionInput } from "./builder/hook.ts";
export type { Product } from "./builder/publish-omi.ts";
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
export { updateOmiAttributes as StepUpdateOMIAttributes } from "./builder/steps/update-omi-attributes.ts";
export { readVm as StepVmInfo } from "./builder/steps/vm-info.ts";
export type { Ui } from "./builder/ui.ts";
export { ChrootCommunicator as Communicator } from "./chroot/chroot-communicator.ts";
export type { Communicator as CommunicatorInterface, RemoteCommand, UploadInfo } from "./chroot/communicator.ts";
export * from "./common/errors.ts";
export type { BuildConfig as Config } from "./config/build-config.ts";
export { type HclShapes, hclShapes } from "./config/hcl-shape.ts";
export { configJsonSchema } from "./config/json-schema.ts";
export { optionReference } from "./config/option-reference.ts";
export type { PreparedConfig as Prepared } from "./config/prepare-config.ts";
export type { FlatConfig } from "./config/schema.ts";
export { CommandError, type ExitStatus, MissingProgramError } from "./host/command-error.ts";
export { DEVICE_LOCK_FILE, LOCK_EX, LOCK_NB, LOCK_UN } from "./host/device-lock.ts";
export { availableDevice } from "./host/device-name.ts";
export { type CommandRunner, hostRunner } from "./host/run-command.ts";
export { type CommandWrapper, runLocalCommands, shellCommand } from "./host/run-local-commands.ts";
export { ApiError } from "./outscale/errors.ts";
