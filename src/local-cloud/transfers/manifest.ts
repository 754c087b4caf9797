import * as z from "zod";
import { slotOf } from "../../common/device-slot.ts";
import { messageOf } from "../../common/errors.ts";
import { schemaProblems } from "../../common/schema-problems.ts";
import { type VolumeShape, volumeShape } from "../actions/volume-rules.ts";
import { BYTES_PER_GIB } from "../disks/disks.ts";
import type { ExportedSnapshot, ExportTaskRecord } from "../records.ts";

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
          Iops: z.int().nonnegative().nullish(),
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
  if (!result.success) throw new Error(`The manifest is wrong: ${schemaProblems(result.error)[0]}`);
  checkDisks(result.data.Image.Snapshots);
  return result.data;
}

type ManifestDisk = Manifest["Image"]["Snapshots"][number];

/** What no volume can be made of is refused here: it would be an image that nobody can use. */
function checkDisks(disks: readonly ManifestDisk[]): void {
  const slots = new Set<string>();
  for (const disk of disks) {
    const { Device } = disk;
    try {
      shapeOf(disk);
    } catch (error) {
      throw new Error(`The manifest is wrong: ${Device}: ${messageOf(error)}`);
    }
    if (slots.has(slotOf(Device))) throw new Error(`The manifest is wrong: ${Device}: Another disk is there`);
    slots.add(slotOf(Device));
  }
}

/**
 * The volume that a disk is for; the iops of other types than io1 are not for anybody to say.
 * @throws {Refusal} when there is no such volume
 */
export function shapeOf({ Size, VolumeType, Iops }: ManifestDisk): VolumeShape {
  return volumeShape({
    ...{ Size: Math.ceil(Size / BYTES_PER_GIB), VolumeType },
    ...(VolumeType === "io1" && { Iops: Iops ?? undefined }),
  });
}

/** The manifest of an export, as the guide's newer sample has it. */
export function manifestText(
  { image, snapshots }: Pick<ExportTaskRecord, "image" | "snapshots">,
  signedUrl: (key: string) => string,
): string {
  const entries = snapshots.map(({ key, file, mapping }) => ({
    ...importable(mapping),
    Filename: file,
    PreSignedUrl: signedUrl(key),
  }));
  return `${JSON.stringify({ Version: 1, Image: { ...image, Type: "machine", Snapshots: entries } }, null, 2)}\n`;
}

/** What every io1 volume may have, whatever its size. */
const PLAIN_IOPS = 100;

/** Older versions made images of io1 volumes without their iops, and no volume can be made of those. */
function importable(mapping: ExportedSnapshot["mapping"]): ExportedSnapshot["mapping"] {
  return mapping.VolumeType === "io1" && !mapping.Iops ? { ...mapping, Iops: PLAIN_IOPS } : mapping;
}
