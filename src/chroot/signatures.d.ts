// The signatures of src/chroot as they will be; each `// file.ts` line says where the export lands. This file goes away.
import type { BigIntStats } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { DebugLog } from "../common/log.ts";
import type { MountView } from "../host/mount-view.ts";
import type {
  CommandRunner,
  ExitStatus,
  RunningProcess,
  RunOptions,
  RunResult,
  SpawnOptions,
} from "../host/run-command.ts";
import type { Communicator, RemoteCommand, UploadInfo } from "./communicator.ts";

// sandbox.ts
export interface SandboxOptions {
  readonly isolation: "private" | "host";
  readonly log?: DebugLog;
  /** Mount paths of other runs: dropped inside a private sandbox, so that they can be unmounted outside. */
  readonly dropMountPaths?: readonly string[];
  /** Folders that local commands need, besides the system's own; their mounts are never dropped. */
  readonly keepPaths?: readonly string[];
}
export interface SandboxProcess {
  readonly pid: number /* as the host sees it */;
  readonly command: string;
}
export declare function startSandbox(options: SandboxOptions): Promise<Sandbox>;
export declare class Sandbox implements CommandRunner, AsyncDisposable {
  readonly pid: number; // the anchor (PID 1 inside), as the host sees it
  readonly isolation: "private" | "host";
  readonly mountinfoPath: string; // /proc/PID/mountinfo
  readonly view: MountView; // for src/host: runner = this sandbox
  hostPath(path: string): string; // a sandbox path in our own view: /proc/PID/root/...
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  spawn(argv: readonly string[], options?: SpawnOptions): Promise<RunningProcess>; // kill() reaches all it started
  leftovers(): Promise<SandboxProcess[]>;
  stopLeftovers(options?: { graceMs?: number }): Promise<SandboxProcess[]>; // TERM, KILL; before unmounting
  stop(): Promise<SandboxProcess[]>; // the same, then the anchor with every private mount; idempotent
  [Symbol.asyncDispose](): Promise<void>;
}
export declare function describeLeftover(process: SandboxProcess): string; // `pid 812 (sleep 999)`

// environment.ts
export interface ChrootEnvironment {
  readonly env: Readonly<Record<string, string>>;
  readonly warnings: readonly string[]; // proxies withheld because they carry user info
}
export declare function chrootEnvironment(
  added?: Readonly<Record<string, string>> /* chroot_environment, SYSTEMD_OFFLINE */,
  host?: NodeJS.ProcessEnv,
): ChrootEnvironment;

// chroot-communicator.ts
export declare class ChrootCommunicator implements Communicator {
  constructor(options: {
    readonly runner: CommandRunner /* the sandbox, or hostRunner() */;
    readonly mountPath: string /* the image's root where the runner is */;
    readonly rootPath?: string /* the same in our own view: sandbox.hostPath(mountPath); mountPath when absent */;
    readonly environment?: Readonly<Record<string, string>> /* chrootEnvironment().env when absent */;
    readonly wrapCommand?: (command: string) => string /* command_wrapper */;
    readonly onWarning?: (message: string) => void;
  });
  start(command: RemoteCommand): Promise<ExitStatus>;
  upload(destination: string, content: Readable, info?: UploadInfo): Promise<void>;
  uploadDir(destination: string, source: string, exclude?: readonly string[]): Promise<void>;
  download(source: string, content: Writable): Promise<void>;
  downloadDir(source: string, destination: string, exclude?: readonly string[]): Promise<void>;
}

// in-root.ts: system calls on paths that are resolved inside a root; all synchronous, errors are TransferError
/** Nothing stays open between calls, so a root never keeps a mount busy. */
export declare class ImageRoot {
  constructor(path: string); // in our own view
  readonly path: string;
  resolve(path: string): string; // absolute path inside the image without links; what is missing stays as written
  exists(path: string): boolean; // follows links, inside the image
  lstat(path: string): BigIntStats | undefined;
  readText(path: string, limitBytes?: number): string | undefined; // undefined when absent
  readdir(path: string): string[];
  readlink(path: string): string;
  openForRead(path: string): number; // a regular file; the caller closes it
  openForWrite(path: string, mode?: number): number; // truncates in place, as cp does, or creates; the caller closes it
  makeFolders(path: string, mode?: number): string[]; // what it made, outermost first (paths in the image)
  unlink(path: string): void;
  rmdir(path: string): void;
}

// image-mounts.ts
/** Type, source, place in the image, as in `chroot_mounts`. */
export type ChrootMount = readonly [type: string, source: string, target: string];
export declare function defaultChrootMounts(): Promise<ChrootMount[]>;
export interface ImageMountHandle {
  readonly target: string;
  readonly source: string;
  /** Unmounts it and what is below it, then removes the mount points that were made for it. */
  release(): Promise<void>;
}
export declare function mountInImage(
  input: { readonly view: MountView; readonly mountPath: string },
  mount: ChrootMount,
): Promise<ImageMountHandle>; // throws MountError

// copy-files.ts
export interface BorrowedPath {
  readonly path: string; // in the image
  /** Puts back what was there, unless provisioning changed it. @returns what it did */
  restore(): "restored" | "kept";
}
export declare function copyFileIntoImage(
  root: ImageRoot,
  path: string /* on the host, and in the image */,
): BorrowedPath;

// quiet-services.ts
export declare const quietEnvironment: Readonly<Record<string, string>>; // SYSTEMD_OFFLINE=1
export declare function quietServices(root: ImageRoot): BorrowedPath[];
