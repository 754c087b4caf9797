import { createHash } from "node:crypto";
import { chmodSync, mkdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ChrootError, FleetError, throwIfCancelled } from "../../common/errors.ts";
import { schemaProblems } from "../../common/schema-problems.ts";
import { type Manifest, type ManifestFile, manifestSchema } from "./manifest.ts";

export interface UnpackOptions {
  /** New, empty, and ours alone: nobody else can put a link there meanwhile. */
  readonly folder: string;
  /** How much may come through the queue. */
  readonly limitBytes: number;
  /** How much may come through a bucket. */
  readonly bucketLimitBytes: number;
  /** The content of a file, piece by piece. */
  readonly read: (file: ManifestFile) => AsyncIterable<Buffer>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes the files of a bundle into a folder. Whatever the manifest says, nothing is written anywhere else, and nothing is
 * made but plain files and folders.
 * @throws {FleetError} when the manifest is none, is too large, or a content is not what it says
 * @throws {CancelledError} when the signal fires
 */
export async function unpackBundle(given: unknown, options: UnpackOptions): Promise<void> {
  const { folder, signal } = options;
  const { success, data: manifest, error } = manifestSchema.safeParse(given);
  if (!success) throw new FleetError(`The bundle is refused: ${schemaProblems(error).join("; ")}`);
  refuseTooMuch(manifest, options);
  const folders: { path: string; mode: number }[] = [];
  try {
    for (const entry of manifest) {
      throwIfCancelled(signal);
      const path = join(folder, entry.path);
      mkdirSync(entry.kind === "folder" ? path : dirname(path), { recursive: true, mode: 0o700 });
      if (entry.kind === "folder") folders.push({ path, mode: entry.mode });
      else await writeFile(path, entry, options);
    }
    // Last: one may be without the right to write.
    for (const { path, mode } of folders.reverse()) chmodSync(path, mode);
  } catch (cause) {
    // What the bucket says of itself may pass, and is worth trying again.
    if (cause instanceof ChrootError) throw cause;
    throw new FleetError("The bundle cannot be unpacked", { cause });
  }
}

function refuseTooMuch(manifest: Manifest, { limitBytes, bucketLimitBytes }: UnpackOptions): void {
  for (const [store, limit, option] of [
    ["bucket", bucketLimitBytes, "-bundle-bucket-limit"],
    [undefined, limitBytes, "-bundle-limit"],
  ] as const) {
    const bytes = manifest.reduce((sum, entry) => sum + sizeIn(store, entry), 0);
    if (bytes <= limit) continue;
    const where = store === undefined ? "" : " in the bucket";
    throw new FleetError(`The bundle is refused: it has ${bytes} bytes${where}, and may have ${limit}`, {
      hint: `raise ${option} of the workers`,
    });
  }
}

function sizeIn(store: ManifestFile["store"], entry: Manifest[number]): number {
  return entry.kind === "file" && entry.store === store ? entry.bytes : 0;
}

/** What a content has too much is not written: a disk may be filled by it. */
async function writeFile(path: string, file: ManifestFile, { read, signal }: UnpackOptions): Promise<void> {
  const refused = () => new FleetError(`The bundle is refused: "${file.path}" is not what its manifest says`);
  const hash = createHash("sha256");
  let bytes = 0;
  await using target = await open(path, "wx", 0o600);
  for await (const piece of read(file)) {
    throwIfCancelled(signal);
    bytes += piece.length;
    if (bytes > file.bytes) throw refused();
    hash.update(piece);
    await target.writeFile(piece);
  }
  if (bytes !== file.bytes || hash.digest("hex") !== file.sha256) throw refused();
  await target.chmod(file.mode);
}
