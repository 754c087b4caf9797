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
  const take = async (paths: readonly string[], name: string) => {
    const target = join(folder, name);
    for (const path of paths) {
      const source = createReadStream("", { fd: root.openForRead(path) });
      await pipeline(source, createWriteStream(target, { flags: "a", mode: 0o600 }), { signal });
    }
    return target;
  };
  return {
    folder,
    kernel: await take([kernel], "kernel"),
    initrd: initrds.length === 0 ? undefined : await take(initrds, "initrd"),
    options,
  };
}
