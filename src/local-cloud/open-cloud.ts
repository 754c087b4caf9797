import { existsSync } from "node:fs";
import { mkdir, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CommandRunner, hostRunner } from "../host/run-command.ts";
import { Accounts, type GivenAccounts, type Keys } from "./accounts.ts";
import { Blobs, blobsIn } from "./buckets/blobs.ts";
import type { Cloud } from "./cloud.ts";
import type { Disks } from "./disks/disks.ts";
import { LoopDisks } from "./disks/loop-disks.ts";
import { MemoryDisks } from "./disks/memory-disks.ts";
import { FaultInjector } from "./faults.ts";
import { type FolderLock, lockFolder } from "./folder/folder-lock.ts";
import { heldRunner } from "./folder/held-runner.ts";
import { hasCloud, MEMORY_FILE, OBJECTS_FOLDER } from "./folder/state-folder.ts";
import { Store } from "./folder/store.ts";
import { hasUnfinished, settleUnfinished } from "./folder/unfinished.ts";
import { Lingering } from "./lingering.ts";
import { LocalCloudError, startHint } from "./local-cloud-error.ts";
import { type AskedSettings, DEFAULT_REGION, type Settings } from "./options.ts";
import type { VolumeRecord } from "./records.ts";
import { readSeed, type Seed, seedOfRegion } from "./seed/read-seed.ts";
import { addVms, seedCloud } from "./seed/seed-cloud.ts";
import { Lifecycle } from "./states/lifecycle.ts";
import { linkedDisk } from "./states/link-work.ts";
import { Unseen } from "./unseen.ts";
import { deviceFolderOf, vmIdsOf } from "./vm-places.ts";

/** A cloud without its HTTP server, alone on its state folder. */
export interface OpenCloud extends Cloud {
  readonly host: CommandRunner;
  /** What could not be put back in order at the start, in words. */
  readonly problems: readonly string[];
  /** Stops the work at its next safe point and lets go of the folder. What is linked stays attached. */
  close(): Promise<void>;
}

/**
 * Opens a state folder under its lock.
 *
 * @param mode `run`: puts devices and half-made things in order, makes the seed image in a new folder, and goes on with
 * the work. `look`: none of that; for commands on a cloud that does not run.
 * @param whenLocked Runs once the folder is ours, before the work on it begins
 * @throws {LocalCloudError} when another process has the folder, when it is of another region or kind of disks, when there
 * is nothing to look at, or when the folder has other things in it
 */
export async function openCloud(
  asked: AskedSettings,
  mode: "run" | "look",
  whenLocked: () => Promise<void> = async () => undefined,
): Promise<OpenCloud> {
  const host = hostRunner(asked.log);
  // Before anything is made there: the folder may be somebody else's.
  if (!hasCloud(asked.stateFolder) && mode === "look" && !hasUnfinished(asked.stateFolder))
    throw noCloud(asked.stateFolder);
  await mkdir(asked.stateFolder, { recursive: true, mode: 0o700 });
  // The kernel knows the files behind loop devices by their real paths.
  const stateFolder = await realpath(asked.stateFolder);
  const lock = await lockFolder(stateFolder);
  if (!lock) throw new LocalCloudError(`Another process uses the state folder "${stateFolder}"`);
  let cloud: Cloud | undefined;
  try {
    await settleUnfinished(stateFolder);
    if (!hasCloud(stateFolder) && mode === "look") throw noCloud(stateFolder);
    const blocks = blocksOf(stateFolder, asked.blocks, mode);
    const seed = await seedOf(stateFolder, asked);
    cloud = await assemble({ ...asked, stateFolder, blocks }, seed, { host, lock });
    checkRegion(cloud, asked.region);
    await whenLocked();
    const problems = mode === "run" ? await beginWork(cloud, host, seed) : [];
    return { ...cloud, host, problems, close: () => closeCloud(cloud, lock) };
  } catch (error) {
    await closeCloud(cloud, lock);
    throw error;
  }
}

function noCloud(stateFolder: string): LocalCloudError {
  const hint = startHint();
  return new LocalCloudError(`There is no local cloud in "${stateFolder}"`, { hint });
}

/** The seed of a cloud that has nothing yet; on one that has something, none. */
async function seedOf(stateFolder: string, { seed, seedRegion, warn }: AskedSettings): Promise<Seed | undefined> {
  if (seed === undefined) return undefined;
  if (await Store.isEmpty(stateFolder)) return seedOfRegion(await readSeed(seed), seedRegion);
  warn(`There is a cloud in "${stateFolder}" already: the seed is for new ones, and is not used`);
  return undefined;
}

/** The accounts that a seed and the settings name; the latter win. */
function givenAccounts(seed: Seed | undefined, keys: Keys | undefined): GivenAccounts {
  const fromSeed = Object.entries(seed?.accounts ?? {}).map(([role, { id, access_key, secret_key }]) => [
    role,
    { accessKey: access_key, secretKey: secret_key, ...(id !== undefined && { id }) },
  ]);
  return { ...Object.fromEntries(fromSeed), ...(keys && { builder: keys }) };
}

async function assemble(
  asked: AskedSettings,
  seed: Seed | undefined,
  { host, lock }: { host: CommandRunner; lock: FolderLock },
): Promise<Cloud> {
  const { stateFolder, clock } = asked;
  const accounts = await Accounts.open(
    stateFolder,
    new Date(clock.now()).toISOString(),
    givenAccounts(seed, asked.keys),
  );
  // Not before the keys, which tell that the folder is ours.
  if (asked.blocks === "memory") await writeFile(join(stateFolder, MEMORY_FILE), "", { mode: 0o600 });
  const store = await Store.open(stateFolder);
  const settings = { ...asked, region: storedRegion(store) ?? asked.region ?? DEFAULT_REGION };
  const disks: Disks =
    settings.blocks === "memory"
      ? new MemoryDisks()
      : new LoopDisks(host, { folder: join(stateFolder, "disks"), heldRun: heldRunner(host, lock.descriptor) });
  const lifecycle = new Lifecycle(() => cloud);
  const faults = new FaultInjector(() => lifecycle.resume());
  const unseen = new Unseen(faults, clock);
  const lingering = new Lingering(faults, clock);
  const blobs = new Blobs(join(stateFolder, OBJECTS_FOLDER));
  const cloud: Cloud = { settings, store, disks, blobs, accounts, faults, lifecycle, unseen, lingering };
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

/**
 * The kind of disks that a folder has, or is to have.
 * @throws {LocalCloudError} when it has another one already
 */
function blocksOf(stateFolder: string, asked: Settings["blocks"], mode: "run" | "look"): Settings["blocks"] {
  const marker = join(stateFolder, MEMORY_FILE);
  const found = existsSync(marker) ? "memory" : "loop";
  if (mode === "look" || (hasCloud(stateFolder) && asked === found)) return found;
  if (hasCloud(stateFolder)) {
    const is = found === "memory" ? "in memory, and no build can use it" : "on this machine's disk";
    const hint = "Give another -state, or reset this one";
    throw new LocalCloudError(`The local cloud in "${stateFolder}" has its disks ${is}`, { hint });
  }
  return asked;
}

async function beginWork(cloud: Cloud, host: CommandRunner, seed: Seed | undefined): Promise<readonly string[]> {
  const { store, disks, lifecycle } = cloud;
  const known = new Set([...store.volumes.values(), ...store.snapshots.values()].map(({ id }) => id));
  const linked = store.volumes.values().filter(isAttached);
  const deviceFolders = () => vmIdsOf(cloud).map((vmId) => deviceFolderOf(cloud, vmId));
  const problems = await disks.recover({
    linked: linked.map((volume) => linkedDisk(cloud, volume)),
    known,
    deviceFolders: deviceFolders(),
  });
  await cloud.blobs.recover(new Set(blobsIn(store.dump()).map(({ blob }) => blob)));
  if (store.vms.values().length === 0) await seedCloud(cloud, host, seed);
  await addVms(cloud);
  await disks.prepare(deviceFolders());
  await store.settled();
  lifecycle.resume();
  return problems;
}

function isAttached({ api, isVmRoot }: VolumeRecord): boolean {
  return api.LinkedVolumes[0]?.State === "attached" && isVmRoot !== true;
}

async function closeCloud(cloud: Cloud | undefined, lock: FolderLock): Promise<void> {
  try {
    await cloud?.lifecycle.close();
    await cloud?.store.close();
  } finally {
    lock.release();
  }
}
