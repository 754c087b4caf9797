import { Refusal } from "../refusal.ts";

/** The parts of a volume that limits apply to. */
export interface VolumeShape {
  readonly Size: number;
  readonly VolumeType: string;
  readonly Iops?: number;
}

const TYPES = ["standard", "gp2", "io1"];
export const LARGEST_GIB = 14_901;
const MOST_IOPS = 13_000;
const MOST_IOPS_PER_GIB = 300;
const GP2 = { least: 100, most: 10_000, perGib: 3 };

/**
 * Size, type and iops of a volume as it is answered. `standard` volumes have no iops, those of `gp2` follow the size.
 *
 * @param asked Iops 0 counts as absent: clients send it when they change the type
 * @throws {Refusal} `bad-volume-size`, `bad-parameter`, `bad-iops`, `bad-iops-ratio`
 * @see OUTSCALE API, CreateVolumeRequest
 */
export function volumeShape(asked: { Size: number; VolumeType: string; Iops?: number | undefined }): VolumeShape {
  const { Size, VolumeType } = asked;
  const iops = asked.Iops === 0 ? undefined : asked.Iops;
  if (Size < 1 || Size > LARGEST_GIB)
    throw new Refusal("bad-volume-size", `Size is 1 to ${LARGEST_GIB} GiB, not ${Size}`);
  if (!TYPES.includes(VolumeType)) throw new Refusal("bad-parameter", `VolumeType is one of ${TYPES.join(", ")}`);
  if (VolumeType !== "io1" && iops !== undefined) throw new Refusal("bad-iops", "Only io1 volumes take Iops");
  if (VolumeType === "standard") return { Size, VolumeType };
  if (VolumeType === "gp2") return { Size, VolumeType, Iops: clamp(Size * GP2.perGib, GP2.least, GP2.most) };
  return { Size, VolumeType, Iops: checkedIops(iops, Size) };
}

function checkedIops(iops: number | undefined, sizeGib: number): number {
  if (iops === undefined) throw new Refusal("bad-iops", "An io1 volume needs Iops");
  if (iops < 1 || iops > MOST_IOPS) throw new Refusal("bad-iops", `Iops is 1 to ${MOST_IOPS}, not ${iops}`);
  if (iops > sizeGib * MOST_IOPS_PER_GIB) {
    throw new Refusal(
      "bad-iops-ratio",
      `Iops is at most ${MOST_IOPS_PER_GIB} per GiB: ${sizeGib * MOST_IOPS_PER_GIB} here`,
    );
  }
  return iops;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
