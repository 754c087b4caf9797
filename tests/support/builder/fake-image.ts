import { noWindow } from "../../../src/builder/image-window.ts";
import type { BuildSandbox, ImageSandbox, OpenImage } from "../../../src/builder/open-image.ts";
import type { MountedRoot } from "../../../src/builder/steps/mount-device.ts";
import type { SandboxProcess } from "../../../src/chroot/inhabitants.ts";
import type { CommandRunner } from "../../../src/host/run-command.ts";
import { wrapRunner } from "../../../src/host/run-local-commands.ts";
import { recordingRunner } from "./recording-runner.ts";

export interface FakeImageOptions {
  /** The folder that plays the image, and everything around it. */
  readonly folder: string;
  /** Where the programs of the sandbox run. */
  readonly runner?: CommandRunner;
  /** What provisioning left running. */
  readonly leftovers?: readonly SandboxProcess[];
  readonly wrapper?: string;
}

/** An image that is "mounted" in a folder: its sandbox runs no programs. */
export function fakeImage({
  folder,
  runner = recordingRunner(),
  leftovers = [],
  wrapper,
}: FakeImageOptions): OpenImage {
  const left = [...leftovers];
  const sandbox: BuildSandbox = {
    ...runner,
    isolation: "private",
    pid: 4711,
    mountinfoPath: "/proc/self/mountinfo",
    hostPath: (path) => path,
    leftovers: async () => [...left],
    stopLeftovers: async () => left.splice(0),
  };
  const wrapCommand = (line: string) => (wrapper === undefined ? line : `${wrapper} ${line}`);
  const inside = wrapper === undefined ? sandbox : wrapRunner(sandbox, wrapCommand);
  const container: ImageSandbox = {
    pid: 4712,
    rootPath: folder,
    shellWords: ["chroot", folder, "/bin/sh"],
    spawn: (args, options) => runner.spawn(["chroot", folder, "/bin/sh", ...args], options),
    stopLeftovers: async () => [],
    restrictMounts: async () => undefined,
  };
  const none = async () => undefined;
  return {
    sandbox,
    runner: inside,
    view: { runner: inside, mountinfoPath: sandbox.mountinfoPath, rootPrefix: "" },
    links: { devicePath: "/run/links/xvdf", device: "/dev/null", refresh: none, remove: none },
    mountPath: folder,
    window: noWindow,
    wrapCommand,
    startContainer: async () => container,
  };
}

/** The root of such an image: an ext4 on partition 1. */
export const fakeRoot = (): MountedRoot => {
  const part = {
    number: 1,
    path: "/dev/null",
    partition: undefined,
    filesystem: { type: "ext4", uuid: "5b0b1a3e-8f5c-4b3c-9d6e-0a1b2c3d4e5f", label: "" },
  };
  const layout = { device: "/dev/null", sizeBytes: 0, table: undefined, parts: [part] };
  return { layout, root: { ...part, foundBy: "single" } };
};
