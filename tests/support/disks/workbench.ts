import { mkdir, mkdtemp, realpath, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostView } from "../../../src/host/mount-view.ts";
import { mountFilesystem, unmountBelow } from "../../../src/host/mounts.ts";
import { hostRunner } from "../../../src/host/run-command.ts";
import { attachLoop, detachLoop } from "./loop-disk.ts";

/** A folder of a test with disks and mounts in it, all of which `dispose` takes down, whatever the test left. */
export interface Workbench {
  readonly folder: string;
  /** For mounts that last for a look. */
  readonly lookFolder: string;
  /** Attaches a new sparse disk, partitioned by an sfdisk script if one is given. @returns its device */
  addDisk(sizeMib: number, script?: string): Promise<string>;
  /** Attaches a file that is there already. */
  attach(file: string, ...losetupOptions: string[]): Promise<string>;
  /** Image file behind a disk of this workbench. */
  fileOf(device: string): string;
  /** Mounts a device in a folder of its own. @returns the folder */
  mount(device: string, ...options: string[]): Promise<string>;
  unmount(folder: string): Promise<void>;
  detach(device: string): Promise<void>;
  dispose(): Promise<void>;
}

export async function createWorkbench(name: string): Promise<Workbench> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `${name}-`)));
  const view = hostView(hostRunner());
  const files = new Map<string, string>();
  const lookFolder = join(folder, "look");
  await mkdir(lookFolder, { mode: 0o700 });
  let count = 0;
  const attach = async (file: string, ...losetupOptions: string[]) => {
    const device = await attachLoop(file, ...losetupOptions);
    files.set(device, file);
    return device;
  };
  const detach = async (device: string) => {
    await detachLoop(device);
    files.delete(device);
  };
  return {
    folder,
    lookFolder,
    attach,
    detach,
    fileOf: (device) => files.get(device) ?? "",
    addDisk: async (sizeMib, script) => {
      count += 1;
      const file = join(folder, `disk${count}.raw`);
      await writeFile(file, "");
      await truncate(file, sizeMib * 1024 * 1024);
      if (script !== undefined) await hostRunner().run(["sfdisk", "--quiet", file], { input: script });
      return attach(file);
    },
    mount: async (device, ...options) => {
      count += 1;
      const target = join(folder, `mount${count}`);
      await mkdir(target);
      await mountFilesystem(view, { source: device, target, options });
      return target;
    },
    unmount: async (target) => {
      await unmountBelow(target, { view });
    },
    dispose: async () => {
      await unmountBelow(folder, { view });
      for (const device of [...files.keys()]) await detach(device);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
