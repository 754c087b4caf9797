import type { Communicator } from "../chroot/communicator.ts";
import type { CommandRunner } from "../host/run-command.ts";
import type { MakeTemporaryFolder } from "../host/temporary-folder.ts";
import type { DoneWork } from "./journal/entry.ts";
import type { Ui } from "./ui.ts";

/** What a build gives its provisioners under `build.*`, always as strings, as Packer does. */
export interface GeneratedData {
  /** The id of the root volume: `vol-1a2b3c4d`. */
  readonly ID: string;
  readonly ConnType: "chroot";
  /** A path for which `${Device}N` is partition N under every kernel name. */
  readonly Device: string;
  /** Where the image is mounted, valid where the provisioner runs. */
  readonly MountPath: string;
  readonly BuildRegion: string;
  readonly SourceOMI: string;
  readonly SourceOMIName: string;
  readonly SourceOMIOwner: string;
  readonly SourceOMICreationDate: string;
  readonly PackerRunUUID: string;
  readonly [name: string]: string;
}

export interface ProvisionInput {
  readonly ui: Ui;
  readonly communicator: Communicator;
  readonly data: GeneratedData;
  /**
   * Runs programs on the host, inside the build's sandbox, where `data.MountPath` is valid. What commands in the image have
   * left running is ended before.
   */
  readonly local: CommandRunner;
  /** Words for `local` that run a shell of the image in its container; the shell's arguments come after them. */
  readonly shellWords: readonly string[];
  /** The same path in our own process's view of the file system: the sandbox's mounts may be private. */
  readonly rootPath: string;
  /** A folder of the image for scripts of ours: it lies in memory, so that what is in them is never on the image's disk. */
  readonly scriptFolder: string;
  /** Makes folders of this machine for the time of the provisioning; they go even when the build is killed. */
  readonly makeTemporaryFolder: MakeTemporaryFolder;
  readonly signal: AbortSignal;
  readonly workLog: WorkLog;
}

/** Which provisioners the run has done, so that it can be resumed (`resume`) after the last of them. */
export interface WorkLog {
  /** What it had done before it was resumed. */
  readonly done: readonly DoneWork[];
  /** Writes down that one has run to its end. */
  note(work: Omit<DoneWork, "part">): void;
}

/** Provisions the image: the CLI runs a template's provisioners here, the Packer plugin asks Packer to. */
export interface Hook {
  provision(input: ProvisionInput): Promise<void>;
  /** Runs once when provisioning failed and `on_error` is `run-cleanup-provisioner`, or the template has one. */
  cleanupProvision?(input: ProvisionInput): Promise<void>;
  /**
   * What failed, when something before it has succeeded: `provision()` then goes on with it when it is called again,
   * unless `startOver()` was called before. Without it provisioning always begins with the first provisioner.
   */
  failedAt?(): string | undefined;
  startOver?(): void;
}
