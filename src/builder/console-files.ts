import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Acceleration } from "../boot/acceleration.ts";

/** The consoles of so many failed boot tests are kept. */
const KEPT = 20;

/** Where a build's boot test writes its guests' consoles. */
export interface ConsoleFiles {
  path(acceleration: Acceleration): string;
  /** After a test that has passed nobody reads them. */
  remove(): Promise<void>;
}

/** Makes the folder of the consoles, which root alone may read, and removes the oldest of them. */
export async function openConsoleFiles(stateFolder: string, runId: string): Promise<ConsoleFiles> {
  const folder = join(stateFolder, "consoles");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeOldest(folder);
  const path = (acceleration: Acceleration) => join(folder, `${runId}-${acceleration}.log`);
  return {
    path,
    remove: async () => {
      for (const acceleration of ["kvm", "tcg"] as const) await rm(path(acceleration), { force: true });
    },
  };
}

async function removeOldest(folder: string): Promise<void> {
  const paths = (await readdir(folder)).map((name) => join(folder, name));
  // One that another build removes meanwhile is no loss.
  const ages = await Promise.all(paths.map(async (path) => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0));
  const newestFirst = paths.map((path, index) => ({ path, at: ages[index] ?? 0 })).sort((a, b) => b.at - a.at);
  for (const { path } of newestFirst.slice(KEPT - 1)) await rm(path, { force: true });
}
