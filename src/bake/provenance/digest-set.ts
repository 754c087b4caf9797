import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, opendir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { secrets } from "../../common/secrets.ts";

/** `sha256` of a file, `dirHash` of a folder. */
export type DigestSet = Readonly<Record<string, string>>;

/** The files of a folder: more are no source of an image, and would be a line each. */
const MOST_FILES = 200_000;

/**
 * The digest of a file, or of all files in a folder.
 * @throws {Error} when it cannot be read, or is neither
 * @see https://github.com/in-toto/attestation/blob/main/spec/v1/digest_set.md
 */
export async function digestSetOf(path: string, signal?: AbortSignal): Promise<DigestSet> {
  const stats = await stat(path);
  if (stats.isFile()) return { sha256: await sha256Of(path, signal) };
  if (stats.isDirectory()) return { dirHash: await dirHash(path, signal) };
  throw new Error("it is neither a file nor a folder");
}

/** `find . -type f | cut -c3- | LC_ALL=C sort | xargs sha256sum | sha256sum`: links are not followed, and not in it. */
async function dirHash(folder: string, signal: AbortSignal | undefined): Promise<string> {
  const files = await filesIn(folder);
  const names = files.map((path) => relative(folder, path));
  if (names.some((name) => name.includes("\n"))) throw new Error("the name of a file in it has several lines");
  const inOrder = names.map((name) => Buffer.from(name)).sort(Buffer.compare);
  const all = createHash("sha256");
  for (const name of inOrder) {
    signal?.throwIfAborted();
    all
      .update(`${await sha256Of(join(folder, name.toString()), signal)}  `)
      .update(name)
      .update("\n");
  }
  return all.digest("hex");
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const entry of await opendir(folder, { recursive: true })) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name));
    if (files.length > MOST_FILES) throw new Error(`it has more than ${MOST_FILES} files`);
  }
  return files;
}

async function sha256Of(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest("hex");
}

const LONGEST_SECRET = 64 * 1024;

/** Whether a file holds a secret and nothing else: its digest would let everybody try what they guess. */
export async function isSecretFile(path: string): Promise<boolean> {
  await using file = await open(path);
  const { size } = await file.stat();
  return size <= LONGEST_SECRET && secrets.has((await file.readFile("utf8")).trim());
}
