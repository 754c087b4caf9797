/**
 * Reads inside the mounted image. Paths are absolute in the image; links are resolved there and cannot leave it.
 * `RootFolder` of src/chroot is one.
 */
export interface ImageFiles {
  /** The text of a file; undefined when there is none. */
  readText(path: string): string | undefined;
  /** The names in a folder. */
  readdir(path: string): string[];
  /** Whether a file or folder is there, a link's target included. */
  exists(path: string): boolean;
}

/** The names in a folder, sorted; none when there is no such folder. */
export function listNames(files: ImageFiles, folder: string): string[] {
  return files.exists(folder) ? files.readdir(folder).sort() : [];
}
