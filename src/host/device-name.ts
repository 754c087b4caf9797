import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isLinkableName, isSlotSerial, slotOf } from "../common/device-slot.ts";
import { DeviceError } from "../common/errors.ts";
import { listBlockDevices, readSerial } from "./block-device.ts";

const FIRST_CHOICE = [..."fghijklmnop"];
const LETTERS = [..."bcdefghijklmnopqrstuvwxyz"];
const SECOND_LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];

export interface ChooseDeviceNameInput {
  /** The `DeviceName`s that the VM's mappings have. */
  readonly vmMappings: readonly string[];
  /** Names that this machine knows, with or without `/dev/`: {@link readLocalDeviceNames}. */
  readonly localNames: readonly string[];
  /** The option `device_path`. */
  readonly requested?: string | undefined;
}

/**
 * The name under which to link a volume. It is free on both sides: in the VM's mappings, where `/dev/sdX` and
 * `/dev/xvdX` are one slot, and here. Letters f to p come first, as in the original; then b to z, then two letters.
 * @throws {DeviceError} when the requested name is taken or none that the API accepts, or every name is taken
 */
export function chooseDeviceName({ vmMappings, localNames, requested }: ChooseDeviceNameInput): string {
  const linked = new Set(vmMappings.map(slotOf));
  if (requested !== undefined) return checkRequested(requested, linked, localNames);
  const used = new Set([...linked, ...localNames.map(slotOf)]);
  const free = candidateSlots().find((slot) => !used.has(slot));
  if (free) return `/dev/xvd${free}`;
  throw new DeviceError("No device name is free on this VM", { hint: "Unlink a volume; a VM takes 40 at most" });
}

/** Device names as this machine knows them. */
export interface LocalDeviceNames {
  /** Nodes and links `sdX` and `xvdX`, and what the disks say they were linked as. */
  readonly names: readonly string[];
  /** Do disks here say what they were linked as, by their serial or a by-id link? */
  readonly tellSlots: boolean;
}

export async function readLocalDeviceNames(deviceFolder = "/dev"): Promise<LocalDeviceNames> {
  const [entries, byId, serials] = await Promise.all([
    readdir(deviceFolder),
    readdir(join(deviceFolder, "disk/by-id")).catch(() => []),
    readSerials(),
  ]);
  const plain = entries.filter((name) => /^(?:sd|xvd|vd)[a-z]+\d*$/.test(name));
  const linked = byId.flatMap((name) => /_(sd[a-z]{1,2})(?:-part\d+)?$/.exec(name)?.[1] ?? []);
  const names = [...new Set([...plain, ...linked, ...serials])].sort();
  return { names, tellSlots: linked.length > 0 || serials.length > 0 };
}

/**
 * A free device name, as the original's function of that name gives it. Hold the device lock from here until the
 * volume is linked, or another build may choose the same.
 * @throws {DeviceError} when none is free
 */
export async function availableDevice(
  options: { readonly deviceFolder?: string; readonly vmMappings?: readonly string[] } = {},
): Promise<string> {
  const { names: localNames } = await readLocalDeviceNames(options.deviceFolder);
  return chooseDeviceName({ vmMappings: options.vmMappings ?? [], localNames });
}

function checkRequested(requested: string, linked: ReadonlySet<string>, localNames: readonly string[]): string {
  // The API links nothing to /dev/vdX; people name it after what their guest shows.
  const name = requested.replace(/^\/dev\/vd/, "/dev/xvd");
  if (!isLinkableName(name)) {
    const hint = "Give one such as /dev/xvdf: sd or xvd, a letter from b to z, perhaps a second letter";
    throw new DeviceError(`The device name "${requested}" cannot be given to a volume`, { hint });
  }
  const hint = "Choose another device_path, or leave it out to have a free one chosen";
  if (linked.has(slotOf(name))) throw new DeviceError(`A volume is linked as "${name}" to this VM already`, { hint });
  const base = name.slice("/dev/".length);
  if (localNames.some((local) => local.replace(/^\/dev\//, "").replace(/\d+$/, "") === base)) {
    throw new DeviceError(`The device "${name}" exists on this machine already`, { hint });
  }
  return name;
}

function candidateSlots(): string[] {
  const twoLetters = LETTERS.flatMap((first) => SECOND_LETTERS.map((second) => first + second));
  return [...FIRST_CHOICE, ...LETTERS, ...twoLetters];
}

async function readSerials(): Promise<string[]> {
  const devices = await listBlockDevices();
  const serials = await Promise.all(devices.map(({ name }) => readSerial(name)));
  return serials.filter(isSlotSerial);
}
