import { isSlotSerial, serialOf } from "../common/device-slot.ts";
import { DeviceError } from "../common/errors.ts";
import type { BlockDevice } from "./block-device.ts";

export type FoundBy = "option" | "name" | "by-id" | "serial" | "size";

/** A whole disk, as seen after a volume was linked. */
export interface SeenDisk extends BlockDevice {
  readonly serial: string | undefined;
  /** It was not there, or was another disk, before the link. */
  readonly isNew: boolean;
}

/** A path that may lead to the device, and the disk that it leads to. */
export interface NamedDisk {
  readonly path: string;
  readonly foundBy: FoundBy;
  readonly disk: SeenDisk;
}

export interface IdentifyInput {
  /** The name that LinkVolume was given: `/dev/xvdf`. */
  readonly deviceName: string;
  readonly sizeBytes: number;
  readonly disks: readonly SeenDisk[];
  /** Most telling first. */
  readonly named: readonly NamedDisk[];
  /** With `nvme_device_path` nothing but that path counts. */
  readonly onlyNamed: boolean;
  /** Only a by-id link and a serial count: what is new may be somebody else's. */
  readonly mustProve: boolean;
}

export interface Identified {
  readonly disk?: SeenDisk;
  readonly foundBy?: FoundBy;
  /** Several disks fit by their size and nothing else. A name or a serial may still tell them apart. */
  readonly ambiguity?: DeviceError;
  /** What was seen and why it does not count, for the message of a timeout. */
  readonly notes: readonly string[];
}

/**
 * Which disk is the volume that was just linked: the one that the name or the by-id link leads to, the one with the
 * serial, or the single new one of the right size. A name counts only if its disk is new since the link or carries the
 * serial, because the kernel gives `sdf` to whatever comes sixth.
 * @throws {DeviceError} when several carry the serial
 */
export function identifyDevice(input: IdentifyInput): Identified {
  const notes: string[] = [];
  for (const { path, foundBy, disk } of input.named) {
    const doubt = findDoubt(disk, input) ?? findMissingProof({ foundBy, disk }, input);
    if (!doubt) return { disk, foundBy, notes };
    notes.push(`${path} is /dev/${disk.name}, which ${doubt}`);
  }
  if (input.onlyNamed) return { notes };
  return identifyBySerial(input, notes) ?? (input.mustProve ? { notes } : identifyBySize(input, notes));
}

/** A name that the kernel gives, or that leads to what is new, may be that of a disk which somebody else has linked. */
function findMissingProof({ foundBy, disk }: Pick<NamedDisk, "foundBy" | "disk">, input: IdentifyInput) {
  const isProof = foundBy !== "name" || disk.serial === serialOf(input.deviceName);
  return isProof || !input.mustProve ? undefined : "does not say what it was linked as";
}

function identifyBySerial(input: IdentifyInput, notes: string[]): Identified | undefined {
  const serial = serialOf(input.deviceName);
  const carriers = input.disks.filter((disk) => disk.serial === serial);
  if (carriers.length > 1) throw ambiguous(input, carriers, `carry the serial "${serial}"`);
  const [disk] = carriers;
  if (!disk) return undefined;
  const doubt = findDoubt(disk, input);
  if (!doubt) return { disk, foundBy: "serial", notes };
  notes.push(`/dev/${disk.name} carries the serial "${serial}" but ${doubt}`);
  return { notes };
}

function identifyBySize(input: IdentifyInput, notes: readonly string[]): Identified {
  const fitting = input.disks.filter((disk) => disk.isNew && !findDoubt(disk, input));
  if (fitting.length > 1) {
    return { notes, ambiguity: ambiguous(input, fitting, `are new and have ${input.sizeBytes} bytes`) };
  }
  const [disk] = fitting;
  return disk ? { disk, foundBy: "size", notes } : { notes };
}

/** Why a disk cannot be the volume; `undefined` when it can. */
function findDoubt({ serial, isNew, sizeBytes }: SeenDisk, { deviceName, sizeBytes: expected }: IdentifyInput) {
  const ownSerial = serialOf(deviceName);
  // A disk whose serial names another slot was linked as something else.
  if (serial !== ownSerial && isSlotSerial(serial)) return `carries the serial "${serial}"`;
  if (serial !== ownSerial && !isNew) return "was there before the volume was linked";
  if (sizeBytes !== expected) return `has ${sizeBytes} bytes and not ${expected}`;
  return undefined;
}

function ambiguous({ deviceName }: IdentifyInput, disks: readonly SeenDisk[], what: string): DeviceError {
  const list = disks.map(({ name }) => `/dev/${name}`).join(", ");
  const hint = "Link nothing else to this VM meanwhile, or name the device in nvme_device_path";
  return new DeviceError(`Cannot tell which device is "${deviceName}": ${list} ${what}`, { hint });
}
