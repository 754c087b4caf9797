import type { ManifestFile } from "../bundle/manifest.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { ObjectBook } from "./object-book.ts";

/**
 * Has the contents of files stay at least so long, in the queue and in the bucket.
 * @returns the files whose contents are not there any more
 */
export async function keepFiles(
  queue: FleetQueue,
  files: readonly ManifestFile[],
  seconds: number,
): Promise<readonly ManifestFile[]> {
  const book = new ObjectBook(queue);
  const missing: ManifestFile[] = [];
  for (const file of files) {
    const { store, address } = file;
    const isKept =
      store === "bucket" ? await keepObject(book, address, seconds) : await queue.keepContent(address, seconds);
    if (!isKept) missing.push(file);
  }
  return missing;
}

async function keepObject(book: ObjectBook, address: string, seconds: number): Promise<boolean> {
  const object = await book.find(address);
  return object !== undefined && book.keep(object.name, seconds);
}

/** Has the contents of files stay so long at most. */
export async function releaseFiles(queue: FleetQueue, files: readonly ManifestFile[], seconds: number): Promise<void> {
  const book = new ObjectBook(queue);
  for (const { store, address } of files) {
    const object = store === "bucket" ? await book.find(address) : undefined;
    if (object !== undefined) await book.release(object.name, seconds);
    else if (store === undefined) await queue.releaseContent(address, seconds);
  }
}
