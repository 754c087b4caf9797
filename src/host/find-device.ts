import { type FSWatcher, watch } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Clock, systemClock } from "../common/clock.ts";
import { byIdLink, serialOf } from "../common/device-slot.ts";
import { DeviceError, TimeoutError } from "../common/errors.ts";
import { canOpenExclusively, formatDeviceNumber, listBlockDevices, readSerial } from "./block-device.ts";
import { type FoundBy, type Identified, identifyDevice, type NamedDisk, type SeenDisk } from "./identify-device.ts";

/** What this machine had before a volume was linked. */
export interface DeviceSnapshot {
  /** Where names and links are looked up: `/dev`, or the folder of a local cloud. */
  readonly deviceFolder: string;
  readonly sysfs: string;
  /** Of the whole disks; see `BlockDevice.identity`. */
  readonly identities: ReadonlySet<string>;
}

/** Remembers the disks of this machine. Take it after the name is chosen and before the volume is linked. */
export async function snapshotDevices(
  deviceFolder = "/dev",
  options: { readonly sysfs?: string } = {},
): Promise<DeviceSnapshot> {
  const sysfs = options.sysfs ?? "/sys";
  const devices = await listBlockDevices(sysfs);
  return { deviceFolder, sysfs, identities: new Set(devices.map(({ identity }) => identity)) };
}

export interface FindDeviceRequest {
  /** The name that LinkVolume was given: `/dev/xvdf`. */
  readonly deviceName: string;
  readonly before: DeviceSnapshot;
  readonly sizeBytes: number;
  /** The option `nvme_device_path`, with or without a trailing `p`: the device is this one, if it is new and fits. */
  readonly nvmeDevicePath?: string | undefined;
  /**
   * Others may link disks meanwhile: the device must say itself what it was linked as, by its serial or its by-id link.
   * That it is new, or large enough, proves nothing.
   */
  readonly mustProve?: boolean;
  /** How long the device may take to appear; 120 000 ms. */
  readonly deadlineMs?: number;
  /** How long devices that only their size speaks for are not enough, be it one or several; 12 000 ms. */
  readonly settleMs?: number;
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Told when the device is not there at once, and again every 10 s. */
  readonly onWait?: (message: string) => void;
}

export interface FoundDevice {
  /** The node itself, links resolved: `/dev/sda`. */
  readonly path: string;
  readonly kernelName: string;
  readonly foundBy: FoundBy;
}

/**
 * Waits for the device that a link makes appear, and tells it from every other: {@link identifyDevice} has the rules.
 * What is in use is never taken. A disk that only its size speaks for must stay the only such disk for a while,
 * because the real one may come later; and several are no failure before that while is over, because the link that
 * tells them apart is made a moment after the disks are there.
 * @throws {DeviceError} when several disks fit, or the one that fits is in use
 * @throws {TimeoutError} that names what was tried
 */
export async function findLinkedDevice(request: FindDeviceRequest): Promise<FoundDevice> {
  const clock = request.clock ?? systemClock;
  const startedAt = clock.now();
  const settle = settledBySize(request.settleMs ?? 12_000, clock);
  for (let saidAt = Number.NEGATIVE_INFINITY; ; await waitForChange(request, clock)) {
    const seen = await look(request);
    const hasSettled = settle(seen);
    if (seen.disk && seen.foundBy && hasSettled) return accept(seen.disk, seen.foundBy, request);
    const elapsedMs = clock.now() - startedAt;
    const isLate = elapsedMs >= (request.deadlineMs ?? 120_000);
    if (seen.ambiguity && (hasSettled || isLate)) throw seen.ambiguity;
    if (isLate) throw notFound(request, seen.notes, elapsedMs);
    if (clock.now() - saidAt < SAY_EVERY_MS) continue;
    saidAt = clock.now();
    request.onWait?.(`Waiting for the device of "${request.deviceName}" to appear`);
  }
}

/** The platform does not document how long a hot-plugged disk takes; its own drivers poll too. */
const POLL_MS = 250;
const SAY_EVERY_MS = 10_000;
const SCAN_MS = 2_000;

/** Waits until a node or link comes, or for a while, since the kernel announces nothing in sysfs and events get lost. */
async function waitForChange({ before: { deviceFolder }, signal }: FindDeviceRequest, clock: Clock): Promise<void> {
  const change = new AbortController();
  const folders = new Set(["/dev", deviceFolder, join(deviceFolder, "disk/by-id")]);
  const watchers = [...folders].flatMap((folder) => tryWatch(folder, () => change.abort()) ?? []);
  try {
    await clock.sleep(POLL_MS, signal ? AbortSignal.any([signal, change.signal]) : change.signal);
  } catch (error) {
    if (!change.signal.aborted || signal?.aborted) throw error;
  } finally {
    for (const watcher of watchers) watcher.close();
  }
}

/** @returns `undefined` for a folder that is not there, or when the machine has no watches left */
function tryWatch(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    // Names come and go as "rename"; "change" is also whatever anybody writes to /dev/null.
    return watch(folder, (event) => event === "rename" && onChange()).on("error", () => undefined);
  } catch {
    return undefined;
  }
}

/** Tells whether what was seen is the last word: at once with an identity, after a while by size alone. */
function settledBySize(settleMs: number, clock: Clock): (seen: Identified) => boolean {
  let last: { readonly what: string; readonly since: number } | undefined;
  return ({ disk, foundBy, ambiguity }) => {
    if (disk && foundBy !== "size") return true;
    const what = ambiguity ? "several" : (disk?.identity ?? "");
    if (last?.what !== what) last = { what, since: clock.now() };
    return clock.now() - last.since >= settleMs;
  };
}

async function look(request: FindDeviceRequest): Promise<Identified> {
  const { before, deviceName, sizeBytes, nvmeDevicePath, mustProve = false } = request;
  const disks = await readDisks(before);
  const named = await Promise.all(candidatePaths(request).map((candidate) => followPath(candidate, disks)));
  return identifyDevice({
    deviceName,
    sizeBytes,
    disks,
    named: named.filter((each) => each !== undefined),
    onlyNamed: nvmeDevicePath !== undefined,
    mustProve,
  });
}

async function readDisks({ sysfs, identities }: DeviceSnapshot): Promise<SeenDisk[]> {
  const devices = await listBlockDevices(sysfs);
  return Promise.all(
    devices.map(async (device) => ({
      ...device,
      serial: await readSerial(device.name, sysfs),
      isNew: !identities.has(device.identity),
    })),
  );
}

interface Candidate {
  readonly path: string;
  readonly foundBy: FoundBy;
}

function candidatePaths({ deviceName, before, nvmeDevicePath }: FindDeviceRequest): Candidate[] {
  // The original wants `/dev/nvme1n1p`, so that a partition number can be put after it.
  if (nvmeDevicePath !== undefined) return [{ path: nvmeDevicePath.replace(/(?<=\d)p$/, ""), foundBy: "option" }];
  return [
    { path: join(before.deviceFolder, basename(deviceName)), foundBy: "name" },
    { path: join(before.deviceFolder, byIdLink(deviceName)), foundBy: "by-id" },
  ];
}

/** A path may lead nowhere yet, or to something that is no whole disk. */
async function followPath({ path, foundBy }: Candidate, disks: readonly SeenDisk[]): Promise<NamedDisk | undefined> {
  const real = await realpath(path).catch(() => undefined);
  const node = real === undefined ? undefined : await stat(real).catch(() => undefined);
  if (!node?.isBlockDevice()) return undefined;
  const number = formatDeviceNumber(node.rdev);
  const disk = disks.find(({ identity }) => identity.startsWith(`${number} `));
  return disk && { path, foundBy, disk };
}

async function accept({ name }: SeenDisk, foundBy: FoundBy, request: FindDeviceRequest): Promise<FoundDevice> {
  const { deviceName, signal, clock = systemClock } = request;
  const path = `/dev/${name}`;
  // The exclusive open of a disk fails too while one of its partitions is mounted or swapped on. Whatever scans new
  // disks may have it open in the same way for a moment.
  for (const deadline = clock.now() + SCAN_MS; !canOpenExclusively(path); await clock.sleep(POLL_MS, signal)) {
    if (clock.now() < deadline) continue;
    const hint = "Find out what took it (lsblk, an automounter) and keep that away from new disks";
    throw new DeviceError(`The device "${path}" of "${deviceName}" is in use already`, { hint });
  }
  return { path, kernelName: name, foundBy };
}

function notFound(request: FindDeviceRequest, notes: readonly string[], elapsedMs: number): TimeoutError {
  const { deviceName, sizeBytes, nvmeDevicePath } = request;
  const byIdentity = [`the serial "${serialOf(deviceName)}"`, `a single new disk of ${sizeBytes} bytes`];
  const tried = [...candidatePaths(request).map(({ path }) => path), ...(nvmeDevicePath ? [] : byIdentity)].join(", ");
  const seen = notes.length > 0 ? `; ${notes.join("; ")}` : "";
  const waited = `${Math.round(elapsedMs / 1000)} s`;
  return new TimeoutError(`No device of "${deviceName}" appeared in ${waited}; tried ${tried}${seen}`, {
    hint: "Look at lsblk and dmesg: does this VM see disks that are linked while it runs?",
  });
}
