import type { Readable, Writable } from "node:stream";
import type { ExitStatus } from "../host/command-error.ts";
import type { Spent } from "./copy-budget.ts";

/** A command for the machine that is provisioned: one `/bin/sh -c` line there, and where its streams go. */
export interface RemoteCommand {
  readonly command: string;
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** Added to the communicator's clean environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Kills the command and everything it started. */
  readonly signal?: AbortSignal | undefined;
  /** Exit codes that are no failure; 0 alone when absent. With `"any"` the caller looks at the status itself. */
  readonly okExitCodes?: readonly number[] | "any" | undefined;
}

/** Who owns something, by number. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface TransferOptions {
  /** Ends the transfer where it is. */
  readonly signal?: AbortSignal | undefined;
}

export interface UploadInfo extends TransferOptions {
  /** Permission bits of a new file, such as `0o755`; 0644 when absent. A file that is there keeps its own. */
  readonly mode?: number;
  /** Whether a file that is there gets the mode, too. */
  readonly setsMode?: boolean;
  /** Of a new file; root when absent. */
  readonly owner?: Owner;
}

export interface UploadDirOptions extends TransferOptions {
  /** Globs, matched against paths relative to the source. */
  readonly exclude?: readonly string[];
  /** What is made belongs to whom it belongs to on this machine, by number; to root when absent. */
  readonly keepsOwner?: boolean;
}

export interface DownloadOptions extends TransferOptions {
  /** How much may be written; as much as the image's file systems hold when absent. */
  readonly limitBytes?: number | undefined;
  /** One for all downloads that share the limit: it remembers what they have used of it. */
  readonly share?: DownloadShare | undefined;
}

/** Begin with an empty one. */
export interface DownloadShare {
  spent?: Spent | undefined;
}

export interface DownloadDirOptions extends DownloadOptions {
  /** Globs, matched against paths relative to the source. */
  readonly exclude?: readonly string[];
}

/** The place of something that is in the image for a while. */
export interface TemporaryPlace {
  /**
   * Overwrites and removes what is there, a folder with its content, and lets go of the place. The place is the folder as it was when it
   * was reserved, also where something has been mounted over it since.
   */
  remove(): Promise<void>;
}

/**
 * How a provisioner reaches the image. Every path is a path inside the image and is resolved there, symlinks included.
 * The streams that are handed in are not closed.
 */
export interface Communicator {
  /**
   * Runs a command and resolves when it exits, also while a process it left behind still holds its pipes.
   * @throws {ProvisionError} when it fails: ends with a code that is not in `okExitCodes`, or by a signal
   */
  start(command: RemoteCommand): Promise<ExitStatus>;
  /**
   * Writes a file; an existing folder as destination is an error that says so. A file that is there keeps its owner,
   * mode and attributes.
   */
  upload(destination: string, content: Readable, info?: UploadInfo): Promise<void>;
  /** Copies a file of the host with its holes, as {@link upload} writes one. */
  uploadFile(destination: string, source: string, info?: UploadInfo): Promise<void>;
  /**
   * Copies a folder of the host. With a trailing slash on `source` its content goes into `destination`, without one
   * the folder itself does. What is made belongs to root; what is there keeps its owner, mode and attributes.
   */
  uploadDir(destination: string, source: string, options?: UploadDirOptions): Promise<void>;
  /** Remembers where something temporary is about to be put. Call its `remove` in any case. */
  reserve(path: string): Promise<TemporaryPlace>;
  /** Passes the bytes of a file on. A stream has no holes: a file that is larger than its file system by them is refused. */
  download(source: string, content: Writable, options?: DownloadOptions): Promise<void>;
  /** Copies a file of the image to the host, with its holes. A file that is there gets other content. */
  downloadFile(source: string, destination: string, options?: DownloadOptions): Promise<void>;
  /** Copies a folder of the image to the host; the trailing slash rule of `uploadDir` holds. What is made is ours. */
  downloadDir(source: string, destination: string, options?: DownloadDirOptions): Promise<void>;
}
