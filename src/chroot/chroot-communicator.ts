import { closeSync, constants, createReadStream, openSync, statSync } from "node:fs";
import { basename, posix, resolve as resolvePath } from "node:path";
import type { Readable, Writable } from "node:stream";
import { throwIfCancelled } from "../common/errors.ts";
import type { ExitStatus } from "../host/command-error.ts";
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
import { CopyBudget } from "./copy-budget.ts";
import { copyBytes } from "./copy-bytes.ts";
import { statFd } from "./openat.ts";
import { removeTree } from "./remove-tree.ts";
import { RootFolder } from "./root-folder.ts";
import { type CommandOptions, startInImage } from "./start-in-image.ts";
import { chunksOf, orCancelled, passOn, readChunks, withFile, writeFully } from "./streams.ts";
import { TransferError } from "./transfer-error.ts";
import type { TreeJob, TreeResult } from "./tree-copy.ts";
import { runTreeJob } from "./tree-job.ts";

/** What is uploaded is the image's: a user of this machine with some number is another one there. */
const ROOT: Owner = { uid: 0, gid: 0 };

export interface ChrootCommunicatorOptions extends CommandOptions {
  /** The image's root folder in our own view, as `sandbox.hostPath(mountPath)`; the container's, or `mountPath`, when absent. */
  readonly rootPath?: string;
  /** Told what a transfer left out, such as device nodes. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Reaches an image that is mounted on this machine: commands run in its container, files go straight to their place. Every
 * path is resolved inside the image. It holds nothing open between calls.
 */
export class ChrootCommunicator implements Communicator {
  readonly #options: ChrootCommunicatorOptions;

  constructor(options: ChrootCommunicatorOptions) {
    this.#options = options;
  }

  /** @throws {SandboxError} when the container has ended */
  get #root(): RootFolder {
    const { rootPath, container, mountPath } = this.#options;
    return new RootFolder(rootPath ?? container?.rootPath ?? mountPath);
  }

  async start(command: RemoteCommand): Promise<ExitStatus> {
    return startInImage(this.#root, command, this.#options);
  }

  async upload(destination: string, content: Readable, info: UploadInfo = {}): Promise<void> {
    await this.#writing(destination, info, async (fd) => {
      for await (const chunk of chunksOf(content, info.signal)) await writeFully(fd, chunk);
    });
  }

  async uploadFile(destination: string, source: string, info: UploadInfo = {}): Promise<void> {
    const { signal } = info;
    // A pipe (`/dev/stdin`) has no holes and no end in sight.
    if (!statSync(source).isFile()) return this.#uploadStream(destination, source, info);
    await this.#writing(destination, info, (to) =>
      withFile(openSync(source, constants.O_RDONLY | constants.O_NONBLOCK), (from) =>
        copyBytes({ fd: from, stats: statFd(from), isReadable: true }, to, {
          isStopped: () => signal?.aborted ?? false,
        }),
      ),
    );
  }

  async #uploadStream(destination: string, source: string, info: UploadInfo): Promise<void> {
    throwIfCancelled(info.signal);
    const content = createReadStream(source, { signal: info.signal });
    // Whoever reads it is told. When the destination cannot be opened, nobody does.
    content.on("error", () => undefined);
    try {
      await this.upload(destination, content, info);
    } finally {
      content.destroy();
    }
  }

  /** Opens a file of the image for writing and closes it, whatever happens. */
  async #writing(destination: string, info: UploadInfo, write: (fd: number) => Promise<void>): Promise<void> {
    throwIfCancelled(info.signal);
    const root = this.#root;
    try {
      await withFile(root.openForWrite(destination, { owner: ROOT, ...info }), write);
    } catch (cause) {
      throwIfCancelled(info.signal);
      if (cause instanceof TransferError) throw cause;
      throw new TransferError(`Cannot upload to "${destination}"`, { cause });
    }
  }

  async reserve(path: string): Promise<TemporaryPlace> {
    // Where the folder is not there yet, there is nothing to hold.
    const held = this.#openPlaceIfThere(path);
    // A folder of the image's own is not ours to remove, whatever a template calls its script.
    const isTheirs = this.#root.lstat(path)?.isDirectory() ?? false;
    return {
      remove: async () => {
        const place = held ?? this.#openPlaceIfThere(path);
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

  #openPlaceIfThere(path: string): ReturnType<RootFolder["openPlace"]> | undefined {
    const root = this.#root;
    return root.exists(posix.dirname(path)) ? root.openPlace(path) : undefined;
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
    const root = this.#root;
    try {
      await withFile(root.openForRead(source), (fd) => {
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
