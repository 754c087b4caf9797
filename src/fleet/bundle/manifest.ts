import { z } from "zod";

const MOST_ENTRIES = 50_000;
const LONGEST_PATH = 4_000;

/** A path below a folder, such as `home/me/web/setup.sh`: no part of it leads anywhere else. */
function isPlainPath(path: string): boolean {
  const parts = path.split("/");
  return path.length <= LONGEST_PATH && !path.includes("\0") && parts.every((part) => !["", ".", ".."].includes(part));
}

const bundlePath = z.string().refine(isPlainPath, "leads out of the bundle");
/** Read, write and run: no set-ID and no sticky bit travels. */
const mode = z.int().min(0).max(0o777);

const folder = z.strictObject({ kind: z.literal("folder"), path: bundlePath, mode });
const file = z.strictObject({
  kind: z.literal("file"),
  path: bundlePath,
  mode,
  bytes: z.int().nonnegative(),
  /** Of its content, in hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** What the content is found under; made with the fleet's key, so that it tells nobody else what the content is. */
  address: z.string().regex(/^[0-9a-f]{64}$/),
  /** Where the content is; in the queue when it is not said. */
  store: z.literal("bucket").optional(),
});

/**
 * The files of a bundle, sorted by their paths. A path is that of the file on the submitter's machine, without its first
 * slash. There are files and folders alone: links are packed as what they lead to.
 */
export const manifestSchema = z
  .array(z.discriminatedUnion("kind", [folder, file]))
  .max(MOST_ENTRIES)
  .refine((entries) => new Set(entries.map(({ path }) => path)).size === entries.length, "has a path twice");

export type Manifest = z.output<typeof manifestSchema>;
export type ManifestFile = z.output<typeof file>;

/** The files of a bundle; of what is no manifest, none. */
export function filesOf(given: unknown): readonly ManifestFile[] {
  const { data = [] } = manifestSchema.safeParse(given);
  return data.flatMap((entry) => (entry.kind === "file" ? [entry] : []));
}
