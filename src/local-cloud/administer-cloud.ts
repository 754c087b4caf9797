import { resolve } from "node:path";
import { systemClock } from "../common/clock.ts";
import { timeLimit } from "../common/time-limit.ts";
import {
  type ArgumentsOf,
  type ControlOperation,
  type ControlResults,
  controlOperations,
} from "./control/operations.ts";
import { findRunningServer, isAlive, type RunningServer } from "./control/running-server.ts";
import { send } from "./control/send.ts";
import type { ServerArgumentsOf, ServerOperation, ServerResults } from "./control/server-operations.ts";
import { formatOfName } from "./disks/disk-transfer.ts";
import type { DiskFormat } from "./disks/qcow2.ts";

export { importState as importLocalState } from "./folder/import-state.ts";

import { isLocked } from "./folder/folder-lock.ts";
import { regionFolder, regionsIn } from "./folder/region-folders.ts";
import { clearFolder } from "./folder/reset-folder.ts";
import { hasCloud } from "./folder/state-folder.ts";
import { hasUnfinished } from "./folder/unfinished.ts";
import { HEALTH_PATH } from "./http/health-route.ts";
import type { LoggedRequest } from "./http/request-log.ts";
import { LocalCloudError, startHint } from "./local-cloud-error.ts";
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

/**
 * The folder of a region, which is a state folder like any other: that of the first region is the cloud's own.
 * @throws {LocalCloudError} when there is no such region, or no cloud
 */
export async function localCloudRegion(stateFolder: string, region: string): Promise<string> {
  const others = regionsIn(stateFolder);
  if (others.includes(region)) return regionFolder(stateFolder, region);
  const server = await findRunningServer(resolve(stateFolder));
  const first = server?.environment.OSC_REGION ?? (await localCloudStatus(stateFolder)).region;
  if (first === region) return stateFolder;
  const has = [first, ...others].join(", ");
  throw new LocalCloudError(`The local cloud in "${stateFolder}" has no region "${region}": it has ${has}`, {
    hint: "Each of `outscale-chroot local-cloud start -regions NAME,NAME` is there from then on",
  });
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
 * @param input.format Told by the file's name when absent: qcow2 for `.qcow2`, raw for `.raw`, `.img` and none
 * @throws {LocalCloudError} for a name of another format
 */
export async function exportLocalImage(
  stateFolder: string,
  input: { readonly image: string; readonly disk: string; readonly format?: DiskFormat },
): Promise<ControlResults["export"]> {
  const format = input.format ?? formatOfName(input.disk);
  return (await ask(stateFolder, "export", { image: input.image, disk: resolve(input.disk), format })).result;
}

/** Writes everything of a cloud to one file: objects, disks, keys. */
export async function exportLocalState(stateFolder: string, file: string): Promise<string> {
  return (await ask(stateFolder, "export-state", { file: resolve(file) })).result.file;
}

/**
 * Removes everything of a cloud: devices, disks, objects and keys, and the next start makes a new one. While a server runs
 * on it, it begins anew by itself, with the same keys and on the same port.
 * @returns whether a server runs on it
 * @throws {LocalCloudError} when the folder is no cloud's
 * @throws {DeviceError} when a device is in use on the host; nothing has been removed then
 */
export async function resetLocalCloud(stateFolder: string): Promise<boolean> {
  if (!hasCloud(stateFolder) && !hasUnfinished(stateFolder)) return false;
  const server = await findRunningServer(resolve(stateFolder));
  if (server && (await postToServer(server, "reset", {})) !== undefined) return true;
  await clearFolder(stateFolder, { goesOn: false });
  return false;
}

/**
 * Stops the server that runs on a state folder. Everything is kept.
 * @returns false when none does
 * @throws {LocalCloudError} when it is part of another command
 */
export async function stopLocalCloud(stateFolder: string): Promise<boolean> {
  const server = await findRunningServer(resolve(stateFolder));
  if (!server || (await postToServer(server, "stop", {})) === undefined) return false;
  await poll(async () => !isAlive(server.pid) || (await findRunningServer(resolve(stateFolder)))?.pid !== server.pid);
  return true;
}

/**
 * The server that runs on a state folder, if one does. One that does not answer runs as long as it has the folder's lock: of
 * one that was killed, another process may have the number by now.
 */
export async function runningLocalCloud(stateFolder: string): Promise<RunningServer | undefined> {
  const server = await findRunningServer(resolve(stateFolder));
  if (server === undefined) return undefined;
  const isThere = (await healthOf(server.url, LOOK_MS)) !== undefined || (await isLocked(resolve(stateFolder)));
  return isThere ? server : undefined;
}

/**
 * Waits until a server answers on a state folder.
 * @param timeoutMs A look that has begun may take a second all the same, so that 0 looks once
 * @throws {LocalCloudError} when none does in time
 */
export async function waitForLocalCloud(stateFolder: string, timeoutMs: number): Promise<RunningServer> {
  const deadline = systemClock.now() + timeoutMs;
  for (;;) {
    const leftMs = deadline - systemClock.now();
    const server = await findRunningServer(resolve(stateFolder));
    const lookMs = Math.min(Math.max(leftMs, LOOK_MS), LONG_LOOK_MS);
    if (server && (await healthOf(server.url, lookMs))?.ok) return server;
    if (systemClock.now() >= deadline) break;
    await systemClock.sleep(POLL_MS);
  }
  throw new LocalCloudError(`No local cloud answers on "${stateFolder}"`, { hint: startHint() });
}

/** The calls that a running server takes, as they come in, until it stops or the signal fires. */
export async function* followCalls(stateFolder: string, signal: AbortSignal): AsyncIterable<LoggedRequest> {
  const server = await waitForLocalCloud(stateFolder, 0);
  let answer = await postToServer(server, "calls", {}, signal);
  while (answer !== undefined && !signal.aborted) {
    yield* answer.calls;
    answer = await postToServer(server, "calls", { since: answer.next }, signal);
  }
}

const POLL_MS = 50;

async function poll(isOver: () => Promise<boolean>): Promise<void> {
  while (!(await isOver())) await systemClock.sleep(POLL_MS);
}

/** How long a server on this machine may take to say how it is. */
const LOOK_MS = 1_000;
/** After that, whoever waits looks whether another server runs by now. */
const LONG_LOOK_MS = 10_000;

/** Undefined when nothing is answered in time. */
async function healthOf(url: string, timeoutMs: number): Promise<Response | undefined> {
  using limit = timeLimit(timeoutMs);
  const response = await fetch(url + HEALTH_PATH, { signal: limit.signal }).catch(() => undefined);
  await response?.body?.cancel().catch(() => undefined);
  return response;
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

function post<O extends ControlOperation>(
  server: RunningServer,
  operation: O,
  given: ArgumentsOf<O>,
): Promise<ControlResults[O] | undefined> {
  return send<ControlResults[O]>(server, { operation, given });
}

function postToServer<O extends ServerOperation>(
  server: RunningServer,
  operation: O,
  given: ServerArgumentsOf<O>,
  signal?: AbortSignal,
): Promise<ServerResults[O] | undefined> {
  return send<ServerResults[O]>(server, { operation, given, signal });
}
