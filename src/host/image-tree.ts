/**
 * Reads inside the mounted image. Paths are absolute in the image; links are resolved there and cannot leave it.
 * `RootFolder` of src/chroot is one.
 */
export interface ImageTree {
  /** The text of a file; undefined when there is none. */
  readText(path: string): string | undefined;
  /** The names in a folder. */
  readdir(path: string): string[];
  /** What a path leads to; undefined when there is nothing. */
  stat(path: string): { isDirectory(): boolean } | undefined;
}
