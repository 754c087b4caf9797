import { filesOf, type ManifestFile } from "../bundle/manifest.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { ObjectBook } from "./object-book.ts";

/**
 * Has the contents of a bundle stay at least so long, in the queue and in the bucket.
 * @returns the files whose contents are not there any more
 */
export async function keepBundle(
  queue: FleetQueue,
  manifest: unknown,
  seconds: number,
): Promise<readonly ManifestFile[]> {
  const book = new ObjectBook(queue);
  const missing: ManifestFile[] = [];
  for (const file of filesOf(manifest)) {
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
