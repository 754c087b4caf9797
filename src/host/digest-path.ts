import { createHash, type Hash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { lstat, readdir, readlink, stat } from "node:fs/promises";
import { ignoreErrno } from "../common/errno.ts";

/** What of files counts besides their contents. */
export interface DigestPathOptions {
  /** Modes of files and folders, as those of whoever copies them do. */
  readonly modes?: boolean;
  /** Owners, as numbers. */
  readonly owners?: boolean;
}

/**
 * SHA-256 over what a path of this machine holds: a file's bytes, or a folder with all that is below it. A link at the top
 * is followed; below it counts as a link. The path itself does not count, nor do times.
 * @returns in hex; the same text for every path at which nothing is
 * @throws {Error} of the system when something cannot be read
 */
export async function digestPath(path: string, options: DigestPathOptions = {}): Promise<string> {
  const hash = createHash("sha256");
  const info = await stat(path).catch(ignoreErrno("ENOENT"));
  if (info === undefined) hash.update("nothing");
  else await addEntry(hash, Buffer.from(path), info, options);
  return hash.digest("hex");
}

/** @param path Bytes: the name of a file need not be UTF-8 */
async function addEntry(hash: Hash, path: Buffer, info: Stats, options: DigestPathOptions): Promise<void> {
  const kind = kindOf(info);
  const mode = options.modes && kind !== "link" ? info.mode & 0o7777 : null;
  const owner = options.owners ? [info.uid, info.gid] : null;
  // The size goes first: a file's bytes can then not be taken for the entries that follow.
  const size = kind === "file" ? info.size : null;
  const target = kind === "link" ? (await readlink(path, "buffer")).toString("hex") : null;
  hash.update(`${JSON.stringify([kind, mode, owner, size, target])}\n`);
  if (kind === "file") for await (const chunk of createReadStream(path)) hash.update(chunk);
  if (kind === "folder") await addFolder(hash, path, options);
}

async function addFolder(hash: Hash, folder: Buffer, options: DigestPathOptions): Promise<void> {
  const names = (await readdir(folder, "buffer")).sort(Buffer.compare);
  hash.update(`${JSON.stringify(names.map((name) => name.toString("hex")))}\n`);
  for (const name of names) {
    const path = Buffer.concat([folder, Buffer.from("/"), name]);
    await addEntry(hash, path, await lstat(path), options);
  }
}

function kindOf(info: Stats): "file" | "folder" | "link" | "other" {
  if (info.isFile()) return "file";
  if (info.isDirectory()) return "folder";
  return info.isSymbolicLink() ? "link" : "other";
}
