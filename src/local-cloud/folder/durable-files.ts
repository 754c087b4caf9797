import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes a file so that, whenever we or the machine die, either the old one or the whole new one is there. */
export async function writeWholeFile(path: string, text: string): Promise<void> {
  const partial = `${path}.part`;
  const file = await open(partial, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
  await syncPath(dirname(path));
}

/** Gives a finished temporary file its name, for good: its contents and the folder's entry are on the disk on return. */
export async function publishFile(partial: string, path: string): Promise<void> {
  await syncPath(partial);
  await rename(partial, path);
  await syncPath(dirname(path));
}

/** fsync of a file, a folder or a block device. */
export async function syncPath(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
