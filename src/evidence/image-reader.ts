import { closeSync, fstatSync, readSync } from "node:fs";
import { RootFolder } from "../chroot/root-folder.ts";

/** Reads of an image's files with a bound: an image may be hostile. */
export class ImageReader {
  readonly folder: RootFolder;

  constructor(root: string) {
    this.folder = new RootFolder(root);
  }

  /** The text of a regular file, at most 16 MiB; undefined when there is none that can be read. */
  text(path: string): string | undefined {
    try {
      return this.folder.readText(path);
    } catch {
      return undefined;
    }
  }

  names(path: string): readonly string[] {
    try {
      return this.folder.readdir(path);
    } catch {
      return [];
    }
  }

  /** Whether there is a file that has something in it. */
  hasContent(path: string): boolean {
    try {
      return (this.folder.stat(path)?.size ?? 0n) > 0n;
    } catch {
      return false;
    }
  }

  /** @throws {Error} when it is larger, or cannot be read */
  bytes(path: string, most: number): Buffer {
    const fd = this.folder.openForRead(path);
    try {
      const { size } = fstatSync(fd);
      if (size > most) throw new Error(`it has ${size} bytes, and at most ${most} are read`);
      const bytes = Buffer.alloc(size);
      let done = 0;
      for (let count = -1; count !== 0 && done < size; done += count) {
        count = readSync(fd, bytes, done, size - done, done);
      }
      return bytes.subarray(0, done);
    } finally {
      closeSync(fd);
    }
  }
}
