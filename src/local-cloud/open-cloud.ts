import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { type CommandRunner, hostRunner } from "../host/run-command.ts";
import { Accounts } from "./accounts.ts";
import type { Cloud } from "./cloud.ts";
import { deviceSlot } from "./device-names.ts";
import type { Disks } from "./disks/disks.ts";
import { LoopDisks } from "./disks/loop-disks.ts";
import { MemoryDisks } from "./disks/memory-disks.ts";
import { FaultInjector } from "./faults.ts";
import { type FolderLock, lockFolder } from "./folder/folder-lock.ts";
import { heldRunner } from "./folder/held-runner.ts";
import { hasCloud } from "./folder/state-folder.ts";
import { Store } from "./folder/store.ts";
import { LocalCloudError } from "./local-cloud-error.ts";
import { type AskedSettings, DEFAULT_REGION } from "./options.ts";
import type { VolumeRecord } from "./records.ts";
import { seedCloud } from "./seed/seed-cloud.ts";
import { Lifecycle } from "./states/lifecycle.ts";

/** A cloud without its HTTP server, alone on its state folder. */
export interface OpenCloud extends Cloud {
  readonly host: CommandRunner;
  /** What could not be put back in order at the start, in words. */
  readonly problems: readonly string[];
  /** Stops the work at its next safe point and lets go of the folder. What is linked stays attached. */
  close(): Promise<void>;
}

/** Where the device links of a state folder lie. */
export function deviceFolderOf(stateFolder: string): string {
  return join(stateFolder, "dev");
}

/**
 * Opens a state folder under its lock.
 *
 * @param mode `run`: puts devices and half-made things in order, makes the seed image in a new folder, and goes on with
 * the work. `look`: none of that; for commands on a cloud that does not run.
 * @throws {LocalCloudError} when another process has the folder, when it is of another region, when there is nothing to
 * look at, or when the folder has other things in it
 */
export async function openCloud(asked: AskedSettings, mode: "run" | "look"): Promise<OpenCloud> {
  const host = hostRunner(asked.log);
  if (!hasCloud(asked.stateFolder) && mode === "look") {
    const hint = "Start it once with `outscale-chroot local-cloud start`";
    throw new LocalCloudError(`There is no local cloud in "${asked.stateFolder}"`, { hint });
  }
  await mkdir(asked.stateFolder, { recursive: true, mode: 0o700 });
  // The kernel knows the files behind loop devices by their real paths.
  const stateFolder = await realpath(asked.stateFolder);
  const settings = { ...asked, stateFolder };
  const lock = await lockFolder(stateFolder);
  if (!lock) throw new LocalCloudError(`Another process uses the state folder "${stateFolder}"`);
  let cloud: Cloud | undefined;
  try {
    cloud = await assemble(settings, host, lock);
    checkRegion(cloud, asked.region);
    const problems = mode === "run" ? await beginWork(cloud, host) : [];
    return { ...cloud, host, problems, close: () => closeCloud(cloud, lock) };
  } catch (error) {
    await closeCloud(cloud, lock);
    throw error;
  }
}

async function assemble(asked: AskedSettings, host: CommandRunner, lock: FolderLock): Promise<Cloud> {
  const { stateFolder, clock } = asked;
  const accounts = await Accounts.open(stateFolder, new Date(clock.now()).toISOString());
  const store = await Store.open(stateFolder);
  const settings = { ...asked, region: storedRegion(store) ?? asked.region ?? DEFAULT_REGION };
  const disks: Disks = settings.blocks === "memory" ? new MemoryDisks() : loopDisks(stateFolder, host, lock);
  const lifecycle = new Lifecycle(() => cloud);
  const faults = new FaultInjector(() => lifecycle.resume());
  const cloud: Cloud = { settings, store, disks, accounts, faults, lifecycle };
  return cloud;
}

/** The region of the VM, and so of everything in the folder; undefined in a new one. */
function storedRegion({ vms }: Store): string | undefined {
  return vms.values()[0]?.api.Placement?.SubregionName?.slice(0, -1);
}

function checkRegion({ settings }: Cloud, asked: string | undefined): void {
  if (asked === undefined || asked === settings.region) return;
  const place = `The local cloud in "${settings.stateFolder}"`;
  throw new LocalCloudError(`${place} is of the region ${settings.region}, not ${asked}`);
}

function loopDisks(stateFolder: string, host: CommandRunner, { descriptor }: FolderLock): Disks {
  return new LoopDisks(host, {
    folder: join(stateFolder, "disks"),
    deviceFolder: deviceFolderOf(stateFolder),
    heldRun: heldRunner(host, descriptor),
  });
}

async function beginWork(cloud: Cloud, host: CommandRunner): Promise<readonly string[]> {
  const { store, disks, lifecycle } = cloud;
  const known = new Set([...store.volumes.values(), ...store.snapshots.values()].map(({ id }) => id));
  const linked = store.volumes.values().filter(isAttached);
  const problems = await disks.recover(
    linked.map(({ id, api }) => ({ id, slot: slotOf(api) })),
    known,
  );
  if (store.vms.values().length === 0) await seedCloud(cloud, host);
  await store.settled();
  lifecycle.resume();
  return problems;
}

function isAttached({ api, isVmRoot }: VolumeRecord): boolean {
  return api.LinkedVolumes[0]?.State === "attached" && isVmRoot !== true;
}

function slotOf({ LinkedVolumes }: VolumeRecord["api"]): string {
  return deviceSlot(LinkedVolumes[0]?.DeviceName ?? "");
}

async function closeCloud(cloud: Cloud | undefined, lock: FolderLock): Promise<void> {
  try {
    await cloud?.lifecycle.close();
    await cloud?.store.close();
  } finally {
    lock.release();
  }
}
