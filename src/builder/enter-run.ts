import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { imageDevices } from "../chroot/image-devices.ts";
import { chosenChrootMounts, type ImageMountHandle, mountInImage } from "../chroot/image-mounts.ts";
import { startSandbox } from "../chroot/sandbox.ts";
import { DeviceError, UsageError } from "../common/errors.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import { DEFAULT_MOUNT_ROOT } from "../config/mount-root.ts";
import type { ExitStatus } from "../host/command-error.ts";
import { findRoot } from "../host/find-root.ts";
import { mountRoot } from "../host/mount-root.ts";
import { readMountinfo } from "../host/mountinfo.ts";
import { unmountBelow } from "../host/mounts.ts";
import { readVolumeLayout } from "../host/probe-filesystem.ts";
import { readRunId } from "../host/process-table.ts";
import { readProcessNode } from "../host/process-tree.ts";
import { removeTemporaryFolder, temporaryPath } from "../host/temporary-folder.ts";
import { cleanupCommand } from "./cleanup-command.ts";
import type { LiveSandbox } from "./journal/entry.ts";
import { Journal } from "./journal/journal.ts";
import { JournalError } from "./journal/journal-error.ts";
import type { OpenResource, RunRecord } from "./journal/read-journal.ts";
import { findRuns, holdDeadRun, type Run } from "./journal/runs.ts";
import { borrowMountFolder } from "./mount-folder.ts";
import { mountImageParts } from "./mount-image-parts.ts";
import { folderKind } from "./resources/folder.ts";
import { findDeviceNow, linkKind } from "./resources/link.ts";
import { temporaryFolderKind } from "./resources/temporary-folder.ts";
import { runShell } from "./run-shell.ts";
import type { Ui } from "./ui.ts";

export interface EnterRunOptions {
  readonly stateFolder: string;
  readonly runId: string;
  /** What to run inside the image; root's shell when empty. */
  readonly command: readonly string[];
  /** Whether a person sits before a terminal: the shell then gets one of its own, for job control. */
  readonly isOnTerminal: boolean;
  readonly ui: Ui;
  readonly log?: DebugLog;
}

/**
 * Opens a shell in the image of a run: in the sandbox of a live one that pauses (`ask`, `debug`), or in a new sandbox
 * over the volume that an aborted one kept.
 * @returns how the shell ended
 * @throws {UsageError} when there is no such run
 * @throws {DeviceError} when its volume is not linked any more
 */
export async function enterRun(options: EnterRunOptions): Promise<ExitStatus> {
  const listed = findRun(options);
  const run = await holdDeadRun(listed);
  if (run === undefined) return enterLiveRun(listed, options);
  const { ui, log = noLog } = options;
  const journal = Journal.resume(run, { log, onTrouble: (message) => ui.warn(message) });
  try {
    return await enterKeptVolume(run, journal, options);
  } finally {
    journal.close(run.record.outcome ?? "failed");
  }
}

function findRun({ stateFolder, runId }: EnterRunOptions): Run {
  const { runs, unusable } = findRuns(stateFolder);
  const run = runs.find(({ record }) => record.header.runId === runId);
  if (run !== undefined) return run;
  const journal = unusable.find((each) => each.runId === runId);
  if (journal !== undefined) throw new JournalError(journal.problem);
  const known = runs.map(({ record }) => record.header.runId);
  throw new UsageError(`There is no run "${runId}" to enter`, {
    hint: known.length > 0 ? `Runs that left something: ${known.join(", ")}` : "No run has left anything",
  });
}

async function enterLiveRun({ record }: Run, options: EnterRunOptions): Promise<ExitStatus> {
  const { sandbox, header } = record;
  if (sandbox === undefined) {
    throw new DeviceError(`The run ${header.runId} has no image open yet`, {
      hint: "Wait until it has mounted the volume",
    });
  }
  if (!(await isSandboxOf(sandbox.pid, header.runId))) {
    throw new DeviceError(`The run ${header.runId} has no image open any more`, {
      hint: "It is open until provisioning ends",
    });
  }
  const enter = (pid: number) => {
    options.ui.say(`You are in the image of run ${header.runId}, whose build waits. Leave with "exit".`);
    return runShell(pid, options);
  };
  // While the image is provisioned, it is entered as provisioners do it.
  const { container } = sandbox;
  const isContained = container !== undefined && (await isSandboxOf(container, header.runId));
  return isContained ? enter(container) : enterContainerBeside(record, sandbox, { ...options, enter });
}

interface BesideOptions extends Pick<EnterRunOptions, "stateFolder" | "log"> {
  readonly enter: (container: number) => Promise<ExitStatus>;
}

/**
 * Enters a container of our own where the build has none yet, or none any more: what the image has for a shell gets no more
 * rights, and sees no more of this machine, than while it is provisioned. What it is mounted with is seen by it alone.
 */
async function enterContainerBeside(
  { header, resources, root }: RunRecord,
  { pid, mountPath }: LiveSandbox,
  { stateFolder, log = noLog, enter }: BesideOptions,
): Promise<ExitStatus> {
  const { runId, deviceFolder } = header;
  await using sandbox = await startSandbox({ isolation: "private", within: pid, log });
  const { view } = sandbox;
  const isMounted = async (path: string) =>
    (await readMountinfo(view.mountinfoPath)).some(({ mountPoint }) => mountPoint === path);
  if (root === undefined || !(await isMounted(mountPath))) {
    throw new DeviceError(`The run ${runId} has no image mounted now`, {
      hint: "It is mounted from StepMountDevice to StepEarlyCleanup",
    });
  }
  const layout = await readVolumeLayout(sandbox, await findKeptDevice(resources, { deviceFolder, runId, stateFolder }));
  const handles: ImageMountHandle[] = [];
  try {
    for (const mount of chosenChrootMounts([])) {
      if (!(await isMounted(`${mountPath}${mount.target}`)))
        handles.push(await mountInImage({ view, mountPath }, mount));
    }
    const devices = await imageDevices({ layout, added: [] });
    const container = await sandbox.startContainer({ mountPath, devices });
    return await enter(container.pid);
  } finally {
    await sandbox.stopLeftovers();
    // The mount points that were made go with them.
    for (const handle of handles.reverse()) await handle.release();
  }
}

async function enterKeptVolume({ record }: Run, journal: Journal, options: EnterRunOptions): Promise<ExitStatus> {
  const { ui, log = noLog } = options;
  const { runId, deviceFolder } = record.header;
  const device = await findKeptDevice(record.resources, { deviceFolder, runId, stateFolder: options.stateFolder });
  const mountPath = record.sandbox?.mountPath ?? join(DEFAULT_MOUNT_ROOT, runId);
  await using sandbox = await startSandbox({ isolation: "private", log });
  const { view } = sandbox;
  const layout = await readVolumeLayout(sandbox, device);
  // A run that died before it had found the root has not written which one it is.
  const { partition, mountOptions = [] } = record.root ?? {};
  const requested = partition?.toString();
  return await withFolders(journal, mountPath, async (lookFolder) => {
    const lookView = { ...view, lookFolder };
    const root = await findRoot({ view: lookView, layout, requested, fromScratch: false });
    const held: ImageMountHandle[] = [];
    try {
      await mountRoot({ view, lookView, root, mountPath, userOptions: mountOptions });
      await mountImageParts({ sandbox, view, mountPath, layout, root, onWarning: (message) => ui.warn(message) });
      for (const mount of chosenChrootMounts([])) held.push(await mountInImage({ view, mountPath }, mount));
      ui.say(`You are in the image of run ${runId}, on ${device}. Leave with "exit".`);
      const devices = await imageDevices({ layout, added: [] });
      const container = await sandbox.startContainer({ mountPath, devices });
      return await runShell(container.pid, options);
    } finally {
      await sandbox.stopLeftovers();
      try {
        // With the mount points that were made for them: the image has them only as long as somebody looks.
        for (const mount of held.reverse()) await mount.release((message) => ui.warn(message));
      } finally {
        await unmountBelow(mountPath, { view });
      }
    }
  });
}

/** Folders for the time of the shell, in the journal of the run: its clean-up removes them if the shell is killed. */
async function withFolders<Result>(
  journal: Journal,
  mountPath: string,
  use: (lookFolder: string) => Promise<Result>,
): Promise<Result> {
  const lookFolder = await temporaryPath("outscale-chroot-look-");
  const seqs = [journal.intent(temporaryFolderKind.name, { path: lookFolder })];
  if (!existsSync(mountPath)) seqs.push(journal.intent(folderKind.name, { path: mountPath }));
  await mkdir(lookFolder, { mode: 0o700 });
  const mountFolder = await borrowMountFolder(mountPath);
  try {
    return await use(lookFolder);
  } finally {
    await mountFolder.release();
    await removeTemporaryFolder(lookFolder);
    for (const seq of seqs) journal.released(seq);
  }
}

interface KeptDevice {
  readonly deviceFolder: string;
  readonly runId: string;
  readonly stateFolder: string;
}

async function findKeptDevice(
  resources: readonly OpenResource[],
  { deviceFolder, runId, stateFolder }: KeptDevice,
): Promise<string> {
  const link = resources.find(({ kind }) => kind === linkKind.name);
  if (link === undefined) {
    throw new DeviceError(`The run ${runId} has no linked volume`, {
      hint: `Remove what it left: ${cleanupCommand({ runId, stateFolder, env: process.env })}`,
    });
  }
  const { deviceName } = linkKind.intent.parse(link.intent);
  const device = (await findDeviceNow(deviceFolder, deviceName)) ?? linkKind.facts.parse(link.facts).device;
  if (device !== undefined) return device;
  throw new DeviceError(`The device of ${link.id ?? "the volume"} (${deviceName}) is not on this VM`, {
    resourceId: link.id,
  });
}

/**
 * Is this process the first one of the run's sandbox, or of its container? The journal of a live run has its pid, which may
 * be another process's by now: what the build has started descends from it, and the build has its journal open.
 */
async function isSandboxOf(pid: number, runId: string): Promise<boolean> {
  for (let node = readProcessNode(pid); node !== undefined; node = readProcessNode(node.parentPid)) {
    if ((await readRunId(node.parentPid)) === runId) return true;
  }
  return false;
}
