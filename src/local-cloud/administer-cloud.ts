import { realpath, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DeviceError } from "../common/errors.ts";
import { hostRunner } from "../host/run-command.ts";
import {
  type ArgumentsOf,
  type ControlOperation,
  type ControlResults,
  controlOperations,
} from "./control/operations.ts";
import { CONTROL_PREFIX, findRunningServer, type RunningServer } from "./control/running-server.ts";
import { detachLoopDevice, deviceUse, loopDevicesOf } from "./disks/loop-devices.ts";
import type { DiskFormat } from "./disks/qcow2.ts";
import { lockFolder } from "./folder/folder-lock.ts";
import { heldRunner } from "./folder/held-runner.ts";
import { hasCloud, ownPaths } from "./folder/state-folder.ts";
import { LocalCloudError } from "./local-cloud-error.ts";
import { openCloud } from "./open-cloud.ts";
import { settingsOf } from "./options.ts";

/** The objects, devices and violations of a cloud, and whether a server runs on it. */
export async function localCloudStatus(
  stateFolder: string,
): Promise<
  ControlResults["status"] & { readonly running: boolean; readonly environment?: Readonly<Record<string, string>> }
> {
  const { result, server } = await ask(stateFolder, "status", {});
  return { ...result, running: server !== undefined, ...(server ? { environment: server.environment } : {}) };
}

/** The images of every account. */
export async function localCloudImages(stateFolder: string): Promise<ControlResults["images"]> {
  return (await ask(stateFolder, "images", {})).result;
}

/** The volumes of every account. */
export async function localCloudVolumes(stateFolder: string): Promise<ControlResults["volumes"]> {
  return (await ask(stateFolder, "volumes", {})).result;
}

/** The snapshots of every account. */
export async function localCloudSnapshots(stateFolder: string): Promise<ControlResults["snapshots"]> {
  return (await ask(stateFolder, "snapshots", {})).result;
}

/** Registers a raw or qcow2 disk as an image of the builder's account. */
export async function importLocalImage(
  stateFolder: string,
  input: { readonly name: string; readonly disk: string },
): Promise<ControlResults["import"]> {
  return (await ask(stateFolder, "import", { name: input.name, disk: resolve(input.disk) })).result;
}

/**
 * Writes the root disk of an image to a file.
 * @param input.image Its id or its name
 * @param input.format Told by the file's name when absent: qcow2 for `.qcow2`, else raw
 */
export async function exportLocalImage(
  stateFolder: string,
  input: { readonly image: string; readonly disk: string; readonly format?: DiskFormat },
): Promise<ControlResults["export"]> {
  const format = input.format ?? (input.disk.endsWith(".qcow2") ? "qcow2" : "raw");
  return (await ask(stateFolder, "export", { image: input.image, disk: resolve(input.disk), format })).result;
}

/**
 * Removes everything of a cloud that does not run: devices, disks, objects and keys. The next start makes a new one.
 * @throws {LocalCloudError} while a server runs on the folder, or when it is no cloud's
 * @throws {DeviceError} when a device is in use on the host; nothing has been removed then
 */
export async function resetLocalCloud(stateFolder: string): Promise<void> {
  if (!hasCloud(stateFolder)) return;
  const lock = await lockFolder(stateFolder);
  if (!lock) throw new LocalCloudError(`A server runs on "${stateFolder}"`, { hint: "Stop it first" });
  try {
    const devices = loopDevicesOf(join(await realpath(stateFolder), "disks"));
    const uses = devices.flatMap(({ device }) => deviceUse(device) ?? []);
    if (uses.length > 0) throw new DeviceError(`Cannot reset "${stateFolder}": ${uses.join("; ")}`);
    const run = heldRunner(hostRunner(), lock.descriptor);
    for (const device of devices) await detachLoopDevice(run, device);
    for (const path of ownPaths(stateFolder)) await rm(path, { recursive: true, force: true });
  } finally {
    lock.release();
  }
}

interface Answer<O extends ControlOperation> {
  readonly result: ControlResults[O];
  /** The running server that answered; absent when the folder was opened here. */
  readonly server?: RunningServer;
}

/** Asks the server that runs on a state folder or, when none does, opens the folder itself under its lock. */
async function ask<O extends ControlOperation>(
  stateFolder: string,
  operation: O,
  given: ArgumentsOf<O>,
): Promise<Answer<O>> {
  const folder = resolve(stateFolder);
  const server = await findRunningServer(folder);
  if (server) {
    const response = await post(server, operation, given);
    if (response) return { result: response, server };
  }
  const core = await openCloud(settingsOf({ stateFolder: folder }), "look");
  try {
    return { result: await controlOperations[operation](core, given) };
  } finally {
    await core.close();
  }
}

/** Undefined when nobody answers: the server has gone since. */
async function post<O extends ControlOperation>(
  server: RunningServer,
  operation: O,
  given: ArgumentsOf<O>,
): Promise<ControlResults[O] | undefined> {
  const response = await fetch(server.url + CONTROL_PREFIX + operation, {
    method: "POST",
    headers: { authorization: `Bearer ${server.token}` },
    body: JSON.stringify(given),
  }).catch(() => undefined);
  if (response === undefined || response.status === 403) return undefined;
  const answer: { result: ControlResults[O]; error?: string; hint?: string } = JSON.parse(await response.text());
  if (answer.error !== undefined) throw new LocalCloudError(answer.error, { hint: answer.hint });
  return answer.result;
}
