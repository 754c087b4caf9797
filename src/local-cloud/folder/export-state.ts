import { linkSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { blobsIn } from "../buckets/blobs.ts";
import type { OpenCloud } from "../open-cloud.ts";
import { FORMAT, STATE } from "./state-archive.ts";
import { KEYS_FILE, OBJECTS_FOLDER } from "./state-folder.ts";
import { refuseOccupied, withUnfinished } from "./unfinished.ts";

/**
 * Writes everything of a cloud to one file that its owner alone can read: it has the keys. A name in `.gz`, `.xz` or `.zst`
 * compresses it. What is being written to a linked volume meanwhile may be in it by half, as in a snapshot.
 * @throws {LocalCloudError} when there is something else than a plain file
 */
export async function exportState(
  cloud: OpenCloud,
  { file }: { readonly file: string },
): Promise<{ readonly file: string }> {
  const { stateFolder } = cloud.settings;
  const path = resolve(file);
  refuseOccupied(path);
  await withUnfinished(
    stateFolder,
    (token) => join(stateFolder, `export-${token}`),
    async (staging) => {
      const members = await stage(cloud, staging);
      await withUnfinished(
        stateFolder,
        // The end of the name says how to compress it.
        (token) => join(dirname(path), `.${token}-${basename(path)}`),
        async (partial) => {
          await writeFile(partial, "", { flag: "wx", mode: 0o600 });
          const argv = ["tar", "--create", "--sparse", "--auto-compress", "--file", partial, "-C", staging];
          await cloud.host.run([...argv, ...members]);
          await rename(partial, path);
        },
      );
    },
  );
  return { file: path };
}

/** @returns the names of what is in the folder then */
async function stage(
  { settings, store, disks, blobs, accounts }: OpenCloud,
  staging: string,
): Promise<readonly string[]> {
  await mkdir(join(staging, "disks"), { recursive: true, mode: 0o700 });
  await mkdir(join(staging, OBJECTS_FOLDER), { mode: 0o700 });
  for (const { id } of store.volumes.values()) await disks.flush(id);
  // From here to the last link no call comes between: objects and disks are of one moment.
  const tables = store.dump();
  const ids = [...tables.volumes, ...tables.snapshots].map(({ id }) => id);
  for (const id of ids.filter((id) => disks.path(id) && disks.has(id)))
    linkSync(disks.path(id) ?? "", join(staging, "disks", `${id}.raw`));
  for (const { blob } of blobsIn(tables)) linkSync(blobs.path(blob), join(staging, OBJECTS_FOLDER, blob));
  await writeFile(join(staging, STATE), JSON.stringify({ format: FORMAT, disks: settings.blocks, tables }));
  await writeFile(join(staging, KEYS_FILE), JSON.stringify(accounts.all), { mode: 0o600 });
  return [STATE, KEYS_FILE, "disks", OBJECTS_FOLDER];
}
