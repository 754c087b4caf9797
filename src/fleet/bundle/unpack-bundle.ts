import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FleetError } from "../../common/errors.ts";
import { type ManifestFile, manifestSchema } from "./manifest.ts";

export interface UnpackOptions {
  /** New, empty, and ours alone: nobody else can put a link there meanwhile. */
  readonly folder: string;
  readonly limitBytes: number;
  /** The content of a file, from its address. */
  readonly read: (file: ManifestFile) => Promise<Buffer>;
}

/**
 * Writes the files of a bundle into a folder. Whatever the manifest says, nothing is written anywhere else, and nothing is
 * made but plain files and folders.
 * @throws {FleetError} when the manifest is none, is too large, or a content is not what it says
 */
export async function unpackBundle(given: unknown, { folder, limitBytes, read }: UnpackOptions): Promise<void> {
  const { success, data: manifest, error } = manifestSchema.safeParse(given);
  if (!success)
    throw new FleetError(
      `The bundle is refused: ${error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ")}`,
    );
  const bytes = manifest.reduce((sum, entry) => sum + (entry.kind === "file" ? entry.bytes : 0), 0);
  if (bytes > limitBytes)
    throw new FleetError(`The bundle is refused: it has ${bytes} bytes, and may have ${limitBytes}`);
  const folders: { path: string; mode: number }[] = [];
  try {
    for (const entry of manifest) {
      const path = join(folder, entry.path);
      mkdirSync(entry.kind === "folder" ? path : dirname(path), { recursive: true, mode: 0o700 });
      if (entry.kind === "folder") folders.push({ path, mode: entry.mode });
      else await writeFile(path, entry, read);
    }
    // Last: one may be without the right to write.
    for (const { path, mode } of folders.reverse()) chmodSync(path, mode);
  } catch (cause) {
    if (cause instanceof FleetError) throw cause;
    throw new FleetError("The bundle cannot be unpacked", { cause });
  }
}

async function writeFile(path: string, file: ManifestFile, read: UnpackOptions["read"]): Promise<void> {
  const content = await read(file);
  const isMeant = content.length === file.bytes && createHash("sha256").update(content).digest("hex") === file.sha256;
  if (!isMeant) throw new FleetError(`The bundle is refused: "${file.path}" is not what its manifest says`);
  writeFileSync(path, content, { flag: "wx", mode: 0o600 });
  chmodSync(path, file.mode);
}
