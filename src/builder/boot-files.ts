import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { BootCheckError } from "../boot/boot-check-error.ts";
import { findBootEntry } from "../boot/boot-entry.ts";
import { RootFolder } from "../chroot/root-folder.ts";
import type { Build } from "./build.ts";
import type { OpenImage } from "./open-image.ts";
import { temporaryFoldersOf } from "./resources/temporary-folder.ts";
import type { Scope } from "./scope.ts";

/** What the image starts, taken out of it while it is mounted: it is booted with them when it is not any more. */
export interface BootFiles {
  /** For nobody but us; it goes with the volume's link. */
  readonly folder: string;
  readonly kernel: string;
  readonly initrd: string | undefined;
  readonly options: readonly string[];
}

/** Far more than any system starts with; it is read into the memory of the machine that is booted, too. */
const MOST_BYTES = 1024 ** 3;

const GENERATORS = ["/usr/lib/systemd/system-generators", "/lib/systemd/system-generators"];

/**
 * Takes kernel and initrd out of the image, if commands are to be run in it (`boot_test.run`).
 * @returns undefined when none are
 * @throws {BootCheckError} when that cannot be: the image has no systemd, or not what its boot loader starts
 */
export async function takeBootFiles(
  build: Build,
  { image, linked }: { readonly image: OpenImage; readonly linked: Scope },
): Promise<BootFiles | undefined> {
  const { config, signal } = build;
  if (config.bootTest === undefined || config.bootTest.run.length === 0) return undefined;
  const root = new RootFolder(image.sandbox.hostPath(image.mountPath));
  if (!GENERATORS.some((folder) => root.exists(`${folder}/systemd-run-generator`))) {
    throw new BootCheckError("The image has no systemd that could run the commands of boot_test.run", {
      hint: "Remove run from boot_test: its pattern is looked for on the console of every system",
    });
  }
  const { kernel, initrds, options } = findBootEntry(root);
  const { path: folder } = await temporaryFoldersOf(linked, signal)("outscale-chroot-boot-");
  const room = { leftBytes: MOST_BYTES };
  const take = async (paths: readonly string[], name: string) => {
    const target = join(folder, name);
    for (const path of paths) await appendFile({ root, path, target, room, signal });
    return target;
  };
  return {
    folder,
    kernel: await take([kernel], "kernel"),
    initrd: initrds.length === 0 ? undefined : await take(initrds, "initrd"),
    options,
  };
}

export interface AppendFileInput {
  readonly root: RootFolder;
  readonly path: string;
  /** A file of ours. */
  readonly target: string;
  /** What may still be taken out of the image. */
  readonly room: { leftBytes: number };
  readonly signal: AbortSignal;
}

/**
 * Appends a file of the image to one of ours. Its size says little: it may be all holes, or grow while it is read.
 * @throws {BootCheckError} when it is more than may be taken
 */
export async function appendFile({ root, path, target, room, signal }: AppendFileInput): Promise<void> {
  async function* withinRoom(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      room.leftBytes -= chunk.length;
      if (room.leftBytes < 0) throw tooLarge(path);
      yield chunk;
    }
  }
  const source = createReadStream("", { fd: root.openForRead(path) });
  await pipeline(source, withinRoom, createWriteStream(target, { flags: "a", mode: 0o600 }), { signal });
}

function tooLarge(path: string): BootCheckError {
  return new BootCheckError(
    `Cannot start the image for boot_test.run: with "${path}", kernel and initrd have more than ${MOST_BYTES / 1024 ** 3} GiB`,
    { hint: "Look at what the image's boot loader starts; or remove run from boot_test" },
  );
}
