import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Container } from "../chroot/container.ts";
import { imageDevices } from "../chroot/image-devices.ts";
import { type Sandbox, startSandbox } from "../chroot/sandbox.ts";
import { MountError } from "../common/errors.ts";
import { createDeviceLinks, type DeviceLinks } from "../host/device-links.ts";
import type { MountView } from "../host/mount-view.ts";
import type { VolumeLayout } from "../host/probe-filesystem.ts";
import type { CommandRunner } from "../host/run-command.ts";
import { type CommandWrapper, wrapRunner } from "../host/run-local-commands.ts";
import type { Build } from "./build.ts";
import { type ImageWindow, noWindow, openWindow } from "./image-window.ts";
import { mountPathsOfOtherRuns } from "./journal/runs.ts";
import { renderLate } from "./render-late.ts";
import { linkFolderKind } from "./resources/link-folder.ts";
import type { Scope } from "./scope.ts";
import type { LinkedDevice } from "./steps/link-volume.ts";

/** What steps use of the sandbox. */
export type BuildSandbox = CommandRunner &
  Pick<Sandbox, "isolation" | "pid" | "mountinfoPath" | "hostPath" | "leftovers" | "stopLeftovers">;

/** What steps use of the container. */
export type ImageSandbox = Pick<
  Container,
  "pid" | "rootPath" | "shellWords" | "spawn" | "stopLeftovers" | "restrictMounts"
>;

/** Where the image is worked on: the sandbox, and the names that the template's commands use. */
export interface OpenImage {
  /** Every mount, chroot and local command runs in it. */
  readonly sandbox: BuildSandbox;
  /** The sandbox with `command_wrapper` around each of our own commands. */
  readonly runner: CommandRunner;
  /** The sandbox's mounts, made through {@link runner}. */
  readonly view: MountView;
  readonly links: DeviceLinks;
  /** Where the image is, or will be, mounted inside the sandbox. */
  readonly mountPath: string;
  /** What of it this machine sees. */
  readonly window: ImageWindow;
  /** `command_wrapper` around one shell line. */
  readonly wrapCommand: CommandWrapper;
  /** Makes the container that the image is provisioned in. It ends with what else is stopped in the sandbox. */
  readonly startContainer: (layout: VolumeLayout) => Promise<ImageSandbox>;
}

/**
 * Starts the sandbox and makes our links to the device.
 *
 * Acquires: both, released after the last unmount and before the volume is unlinked; with `isolation = "host"` also the window,
 * which goes with the mounts.
 */
export async function openImage(
  build: Build,
  { device, linked, mounted }: { readonly device: LinkedDevice; readonly linked: Scope; readonly mounted: Scope },
): Promise<OpenImage> {
  const { config, runId, journal, log } = build;
  const name = device.deviceName.slice("/dev/".length);
  const folder = join(config.linkFolder, runId);
  let links: DeviceLinks | undefined;
  await linked.acquire(linkFolderKind, { folder }, async () => {
    links = await createDeviceLinks({ folder, name, device: device.path });
    return folder;
  });
  const mountPath = await resolveFolders(join("/", renderLate(build, config.mountPath, { Device: name })));
  refuseRoot(mountPath);
  const opened = config.isolation === "host" ? await openWindow(build, { mountPath, mounted }) : undefined;
  const sandbox = await startSandbox({
    isolation: config.isolation,
    ...(opened && { window: opened.mountWindow }),
    log,
    dropMountPaths: mountPathsOfOtherRuns(config.stateFolder, runId),
  });
  linked.defer("Stopping the sandbox", async () => void (await sandbox.stop()));
  journal.sandbox({ pid: sandbox.pid, mountPath });
  const wrapCommand = (command: string) => renderLate(build, config.commandWrapper, { Command: command });
  if (links === undefined) throw new Error("The device links were acquired but not made");
  const isWrapped = wrapCommand("true") !== "true";
  const runner = isWrapped ? wrapRunner(sandbox, wrapCommand) : sandbox;
  const window = opened?.window ?? noWindow;
  const startContainer = async (layout: VolumeLayout) => {
    const { chrootCapabilities: capabilities, chrootDevices } = config;
    const devices = chrootDevices.includes("/dev") ? undefined : await imageDevices({ layout, added: chrootDevices });
    return sandbox.startContainer({ mountPath, devices, capabilities }, runner);
  };
  return { sandbox, runner, view: { ...sandbox.view, runner }, links, mountPath, window, wrapCommand, startContainer };
}

/** What is mounted there would be mounted over this machine, and unmounting below it would end everything. */
function refuseRoot(mountPath: string): void {
  if (mountPath !== "/") return;
  throw new MountError('The mount path is "/"', { target: mountPath, hint: "Set mount_path to a folder of its own" });
}

/** The path without links on the way: the mount table names mounts by where they really are. */
async function resolveFolders(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return path === "/" ? path : join(await resolveFolders(dirname(path)), basename(path));
  }
}
