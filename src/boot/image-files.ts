/** Reads inside the mounted image. Paths are absolute in the image; links are resolved there and cannot leave it. */
export interface ImageFiles {
  /** The text of a file; undefined when there is none. */
  readText(path: string): Promise<string | undefined>;
  /** The names in a folder, sorted; empty when there is none. */
  list(path: string): Promise<readonly string[]>;
  /** Whether a file or folder is there, a link's target included. */
  exists(path: string): Promise<boolean>;
}
