/** One entry of an image's tree, as lstat(2) shows it. */
export interface TreeEntry {
  readonly type: EntryType;
  /** Permissions with set-ID and sticky bits, without the type. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** In bytes; 0 for what is no regular file. */
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
  /** The text of a link. */
  readonly target?: string;
}

export type EntryType = "file" | "folder" | "link" | "other";

/** Every entry by its path in the image, `/etc/passwd`, as bytes: one character for each. The root itself is not in it. */
export type Tree = ReadonlyMap<string, TreeEntry>;

const SET_ID = 0o6000;

export function isSetId({ type, mode }: TreeEntry): boolean {
  return type === "file" && (mode & SET_ID) !== 0;
}

export function isProgram({ type, mode }: TreeEntry): boolean {
  return type === "file" && (mode & 0o111) !== 0;
}
