import * as z from "zod";
import { schemaProblems } from "../../common/schema-problems.ts";
import type { ExportTaskRecord } from "../records.ts";

/** Larger ones have more volumes than a VM takes. */
export const LARGEST_MANIFEST_BYTES = 1024 * 1024;

/**
 * What an import needs of a manifest; other fields, of which both published samples have some, are left alone.
 * @see user guide, "Manifest File Reference"
 */
const Manifest = z.object({
  Version: z.literal(1),
  Image: z.object({
    Architecture: z.string().optional(),
    ProductTypes: z.array(z.string()).min(1),
    Snapshots: z
      .array(
        z.object({
          Device: z.string().min(1),
          PreSignedUrl: z.string(),
          Size: z.int().positive(),
          VolumeType: z.enum(["standard", "gp2", "io1"]).default("standard"),
          Iops: z.int().positive().nullish(),
          DeleteOnTermination: z.boolean().default(true),
        }),
      )
      .min(1)
      .max(40),
  }),
});
export type Manifest = z.infer<typeof Manifest>;

/** @throws when a text is no manifest, with what is wrong */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("The manifest is not JSON");
  }
  const result = Manifest.safeParse(value);
  if (result.success) return result.data;
  throw new Error(`The manifest is wrong: ${schemaProblems(result.error)[0]}`);
}

/** The manifest of an export, as the guide's newer sample has it. */
export function manifestText(
  { image, snapshots }: Pick<ExportTaskRecord, "image" | "snapshots">,
  signedUrl: (key: string) => string,
): string {
  const entries = snapshots.map(({ key, file, mapping }) => ({
    ...mapping,
    Filename: file,
    PreSignedUrl: signedUrl(key),
  }));
  return `${JSON.stringify({ Version: 1, Image: { ...image, Type: "machine", Snapshots: entries } }, null, 2)}\n`;
}
