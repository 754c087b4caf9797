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
  // All at once: a template may have hundreds, and somebody waits.
  const kept = await Promise.all(
    files.map(({ store, address }) =>
      store === "bucket" ? keepObject(book, address, seconds) : queue.keepContent(address, seconds),
    ),
  );
  return files.filter((_, index) => !kept[index]);
}

async function keepObject(book: ObjectBook, address: string, seconds: number): Promise<boolean> {
  const object = await book.find(address);
  return object !== undefined && book.keep(object.name, seconds);
}

/** Has the contents of files stay so long at most. */
export async function releaseFiles(queue: FleetQueue, files: readonly ManifestFile[], seconds: number): Promise<void> {
  const book = new ObjectBook(queue);
  await Promise.all(
    files.map(async ({ store, address }) => {
      const object = store === "bucket" ? await book.find(address) : undefined;
      if (object !== undefined) await book.release(object.name, seconds);
      else if (store === undefined) await queue.releaseContent(address, seconds);
    }),
  );
}
