import type { StdioOptions } from "node:child_process";
import { closeSync, constants, createReadStream, openSync, statSync } from "node:fs";
import { basename, posix, resolve as resolvePath } from "node:path";
import type { Readable, Writable } from "node:stream";
import { type Clock, systemClock } from "../common/clock.ts";
import { ProvisionError, throwIfCancelled } from "../common/errors.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import { withoutMachine } from "../host/clean-start.ts";
import { describeExit, type ExitStatus } from "../host/command-error.ts";
import { readCapabilities } from "../host/own-state.ts";
import { locateProgram } from "../host/program-path.ts";
import { pump } from "../host/pump.ts";
import type { CommandRunner, RunningProcess, SpawnOptions } from "../host/run-command.ts";
import { shellQuote } from "../host/shell-quote.ts";
import { terminateOnAbort } from "../host/terminate.ts";
import type {
  Communicator,
  DownloadDirOptions,
  DownloadOptions,
  Owner,
  RemoteCommand,
  TemporaryPlace,
  UploadDirOptions,
  UploadInfo,
} from "./communicator.ts";
import type { Container } from "./container.ts";
import { CopyBudget } from "./copy-budget.ts";
import { copyBytes } from "./copy-bytes.ts";
import { chrootEnvironment } from "./environment.ts";
import { StderrTail, throwIfFailed } from "./failed-command.ts";
import { statFd } from "./openat.ts";
import { removeTree } from "./remove-tree.ts";
import { RootFolder } from "./root-folder.ts";
import { chunksOf, orCancelled, passOn, readChunks, withFile, writeFully } from "./streams.ts";
import { TransferError } from "./transfer-error.ts";
import type { TreeJob, TreeResult } from "./tree-copy.ts";
import { runTreeJob } from "./tree-job.ts";

/** What is uploaded is the image's: a user of this machine with some number is another one there. */
const ROOT: Owner = { uid: 0, gid: 0 };
const SHELL = "/bin/sh";

/** What commands are started by in a container. */
export type ImageContainer = Pick<Container, "rootPath" | "shellWords" | "spawn">;

export interface ChrootCommunicatorOptions {
  /** Where commands run: a build's sandbox, or the host as it is. */
  readonly runner: CommandRunner;
  /** The image's root folder where the runner is. */
  readonly mountPath: string;
  /** The same folder in our own view, as `sandbox.hostPath(mountPath)`; the container's, or `mountPath`, when absent. */
  readonly rootPath?: string;
  /** Where commands run. Without it they run by chroot(8), with the runner's processes and mounts. */
  readonly container?: ImageContainer | undefined;
  /** The whole environment of commands; {@link chrootEnvironment} when absent. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The user's `command_wrapper`: a shell line in, a shell line out. Transfers run in our process and need none. */
  readonly wrapCommand?: (command: string) => string;
  /** Told what a transfer left out, such as device nodes. */
  readonly onWarning?: (message: string) => void;
  readonly log?: DebugLog;
  readonly clock?: Clock;
}

/**
 * Reaches an image that is mounted on this machine: commands run in its container, files go straight to their place. Every
 * path is resolved inside the image. It holds nothing open between calls.
 */
export class ChrootCommunicator implements Communicator {
  readonly #options: ChrootCommunicatorOptions;
  readonly #root: RootFolder;

  constructor(options: ChrootCommunicatorOptions) {
    this.#options = options;
    this.#root = new RootFolder(options.rootPath ?? options.container?.rootPath ?? options.mountPath);
  }

  async start(command: RemoteCommand): Promise<ExitStatus> {
    throwIfCancelled(command.signal);
    const { environment = chrootEnvironment().env, log = noLog, clock = systemClock } = this.#options;
    const env = { ...environment, ...command.env };
    refuseNul([command.command, ...Object.entries(env).flat()]);
    const startedAt = clock.now();
    const stdio: StdioOptions = [command.stdin ? "pipe" : "ignore", "pipe", "pipe"];
    const { argv, child } = await this.#spawn(command.command, { env, stdio, canReopenStreams: true });
    const tail = new StderrTail();
    const pumps = [
      pump(child.stdout as Readable, command.stdout),
      pump(child.stderr as Readable, command.stderr ?? tail),
    ];
    const stopFeeding = feed(child, command.stdin);
    const stopWatching = terminateOnAbort(child, command.signal, clock);
    try {
      const status = this.#withoutShell(await child.exited);
      const outcome = describeExit(status);
      log.write({ kind: "command", line: shellQuote(argv), outcome, elapsedMs: clock.now() - startedAt });
      throwIfCancelled(command.signal);
      await Promise.all(pumps.map((each) => each.drained()));
      throwIfFailed(command, status, tail.text);
      return status;
    } finally {
      stopFeeding();
      stopWatching();
      for (const each of pumps) each.stop();
    }
  }

  /** As chroot(8) has it: capsh(1) says 1 of every failure, and a shell's own 1 is another thing. */
  #withoutShell(status: ExitStatus): ExitStatus {
    if (status.code !== 1 || !this.#options.container) return status;
    const shell = this.#root.stat(SHELL);
    if (!shell) return { code: 127, signal: null };
    return shell.mode & 0o111n ? status : { code: 126, signal: null };
  }

  async upload(destination: string, content: Readable, info: UploadInfo = {}): Promise<void> {
    await this.#writing(destination, info, async (fd) => {
      for await (const chunk of chunksOf(content, info.signal)) await writeFully(fd, chunk);
    });
  }

  async uploadFile(destination: string, source: string, info: UploadInfo = {}): Promise<void> {
    const { signal } = info;
    // A pipe (`/dev/stdin`) has no holes and no end in sight.
    if (!statSync(source).isFile()) return this.upload(destination, createReadStream(source, { signal }), info);
    await this.#writing(destination, info, (to) =>
      withFile(openSync(source, constants.O_RDONLY | constants.O_NONBLOCK), (from) =>
        copyBytes({ fd: from, stats: statFd(from), isReadable: true }, to, {
          isStopped: () => signal?.aborted ?? false,
        }),
      ),
    );
  }

  /** Opens a file of the image for writing and closes it, whatever happens. */
  async #writing(destination: string, info: UploadInfo, write: (fd: number) => Promise<void>): Promise<void> {
    throwIfCancelled(info.signal);
    try {
      await withFile(this.#root.openForWrite(destination, { owner: ROOT, ...info }), write);
    } catch (cause) {
      throwIfCancelled(info.signal);
      if (cause instanceof TransferError) throw cause;
      throw new TransferError(`Cannot upload to "${destination}"`, { cause });
    }
  }

  async reserve(path: string): Promise<TemporaryPlace> {
    const root = this.#root;
    const hasFolder = () => root.exists(posix.dirname(path));
    // Where the folder is not there yet, there is nothing to hold.
    const held = hasFolder() ? root.openPlace(path) : undefined;
    // A folder of the image's own is not ours to remove, whatever a template calls its script.
    const isTheirs = root.lstat(path)?.isDirectory() ?? false;
    return {
      remove: async () => {
        const place = held ?? (hasFolder() ? root.openPlace(path) : undefined);
        if (place === undefined) return;
        try {
          if (!isTheirs) removeTree(place.folder, place.name);
        } catch (cause) {
          throw new TransferError(`Cannot remove "${path}" from the image`, { cause });
        } finally {
          closeSync(place.folder);
        }
      },
    };
  }

  async download(source: string, content: Writable, options: DownloadOptions = {}): Promise<void> {
    await this.#reading(source, options, async (fd, budget) => {
      for await (const chunk of readChunks(fd)) {
        budget.take(BigInt(chunk.length));
        await orCancelled(passOn(content, chunk), options.signal);
      }
    });
  }

  async downloadFile(source: string, destination: string, options: DownloadOptions = {}): Promise<void> {
    await this.#reading(source, options, (from, budget) =>
      withFile(openSync(destination, "w"), (to) =>
        copyBytes({ fd: from, stats: statFd(from), isReadable: true }, to, {
          isStopped: () => options.signal?.aborted ?? false,
          budget,
        }),
      ),
    );
  }

  /** Opens a file of the image for reading and closes it, whatever happens. */
  async #reading(
    source: string,
    { signal, limitBytes, share }: DownloadOptions,
    read: (fd: number, budget: CopyBudget) => Promise<void>,
  ): Promise<void> {
    throwIfCancelled(signal);
    const budget = new CopyBudget(limitBytes, share?.spent);
    try {
      await withFile(this.#root.openForRead(source), (fd) => {
        budget.add(fd);
        return read(fd, budget);
      });
      if (share) share.spent = budget.spent;
    } catch (cause) {
      throwIfCancelled(signal);
      if (cause instanceof TransferError) throw cause;
      throw new TransferError(`Cannot download "${source}"`, { cause });
    }
  }

  async uploadDir(destination: string, source: string, options: UploadDirOptions = {}): Promise<void> {
    const { keepsOwner = false } = options;
    const host = new RootFolder("/");
    const owner = keepsOwner ? undefined : ROOT;
    const ways = { followFolderLinks: true, keepPrivileges: true, overwritesFiles: true, owner };
    await this.#copy({ root: host, path: fromHere(source) }, { root: this.#root, path: destination }, options, ways);
  }

  async downloadDir(source: string, destination: string, options: DownloadDirOptions = {}): Promise<void> {
    const host = new RootFolder("/");
    // Links that came out of the image a moment ago may not lead what follows to another place of the host.
    const owner = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
    const limitBytes: TreeJob["limitBytes"] = options.limitBytes ?? "held";
    const spent = options.share?.spent;
    const ways = { followFolderLinks: false, keepPrivileges: false, overwritesFiles: false, owner, limitBytes, spent };
    const result = await this.#copy(
      { root: this.#root, path: source },
      { root: host, path: fromHere(destination) },
      options,
      ways,
    );
    if (options.share) options.share.spent = result.spent;
  }

  async #copy(
    from: RootedPath,
    to: RootedPath,
    { exclude = [], signal }: UploadDirOptions,
    ways: Omit<TreeJob, "fromRoot" | "from" | "toRoot" | "to" | "exclude">,
  ): Promise<TreeResult> {
    if (!from.root.stat(from.path)?.isDirectory()) throw new TransferError(`There is no folder "${from.path}"`);
    const target = to.root.stat(to.path)?.isDirectory() ? folderFor(from.path, to.path) : to.path;
    const places = { fromRoot: from.root.path, from: from.path, toRoot: to.root.path, to: target };
    const result = await runTreeJob({ ...places, exclude, ...ways }, signal);
    for (const warning of result.warnings) this.#options.onWarning?.(warning);
    return result;
  }

  /** @returns with the argv to be logged: what is run inside whatever the runner puts around it */
  async #spawn(
    command: string,
    options: SpawnOptions,
  ): Promise<{ readonly argv: readonly string[]; readonly child: RunningProcess }> {
    const { runner, mountPath, wrapCommand, container } = this.#options;
    // A line that begins with a dash would be read as options of the shell.
    const line = /^[-+]/.test(command) ? ["-c", "--", command] : ["-c", command];
    if (container && !wrapCommand) {
      return { argv: ["chroot", mountPath, SHELL, ...line], child: await container.spawn(line, options) };
    }
    // The environment is the image's, and its PATH need not lead to the host's chroot(8).
    const words = container ? [...container.shellWords, ...line] : [locateProgram("chroot"), mountPath, SHELL, ...line];
    const argv = wrapCommand ? ["/bin/sh", "-c", wrapCommand(shellQuote(words))] : words;
    const rights = container ? [] : withoutMachine(readCapabilities());
    return { argv, child: await runner.spawn([...rights, ...argv], options) };
  }
}

interface RootedPath {
  readonly root: RootFolder;
  readonly path: string;
}

/** An absolute path of the host; a slash at the end stays. */
function fromHere(path: string): string {
  if (path === "") throw new TransferError("The path of the folder is empty");
  return /\/\.?$/.test(path) ? `${resolvePath(path)}/` : resolvePath(path);
}

/**
 * Where a folder goes when the destination is a folder that is there: with a slash at its end its content goes into it,
 * without one the folder itself does. As with `cp -R`, a destination that is missing becomes the copy in both cases.
 */
export function folderFor(source: string, destination: string): string {
  return /\/\.?$/.test(source) ? destination : `${destination}/${basename(resolvePath("/", source))}`;
}

/** The system ends every argument and variable at a NUL byte. */
function refuseNul(texts: readonly string[]): void {
  if (!texts.some((text) => text.includes("\0"))) return;
  throw new ProvisionError("A command or variable for the image has a NUL byte, which cannot be passed to a program");
}

/** @returns stops it; the stream that was handed in stays open */
function feed(child: RunningProcess, stdin: Readable | undefined): () => void {
  if (!stdin || !child.stdin) return () => undefined;
  const pipe = child.stdin;
  // A command that does not read all its input is no failure; its exit code tells.
  pipe.on("error", () => stdin.unpipe(pipe));
  // A stream that fails or is destroyed never ends by itself: the command is told that no more comes.
  const giveUp = () => void pipe.end();
  if (stdin.destroyed) giveUp();
  else stdin.once("error", giveUp).once("close", giveUp).pipe(pipe);
  return () => {
    stdin.off("error", giveUp).off("close", giveUp).unpipe(pipe);
    pipe.destroy();
  };
}
