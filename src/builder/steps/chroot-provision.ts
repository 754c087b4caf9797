import { existsSync } from "node:fs";
import { ChrootCommunicator } from "../../chroot/chroot-communicator.ts";
import { chrootEnvironment } from "../../chroot/environment.ts";
import { describeLeftover, type SandboxProcess } from "../../chroot/inhabitants.ts";
import { quietEnvironment } from "../../chroot/quiet-services.ts";
import { CancelledError, messageOf } from "../../common/errors.ts";
import { detachLoopsIn } from "../../host/detach-loops.ts";
import { isBelow, isSameMount, type MountEntry, mountsBelow, readMountinfo } from "../../host/mountinfo.ts";
import type { CommandRunner } from "../../host/run-command.ts";
import { turnOffSwapIn } from "../../host/turn-off-swap.ts";
import { unmountOwn } from "../../host/unmount-own.ts";
import type { Build } from "../build.ts";
import type { GeneratedData, ProvisionInput } from "../hook.ts";
import type { ImageSandbox, OpenImage } from "../open-image.ts";
import { temporaryFoldersOf } from "../resources/temporary-folder.ts";
import type { Scope } from "../scope.ts";
import { step } from "../step.ts";
import { workLogOf } from "../work-log.ts";
import type { MountedRoot } from "./mount-device.ts";

export interface ProvisionStepInput {
  readonly image: OpenImage;
  readonly root: MountedRoot;
  readonly data: GeneratedData;
  readonly mounted: Scope;
  readonly scriptFolder: string;
}

/**
 * Runs the provisioners inside the image, in a container of its own. Whatever they leave running is stopped when they are
 * done, and before a program of this machine runs, and named.
 * @throws {ProvisionError} when one fails
 */
export const provision = step(
  "StepChrootProvision",
  async (build: Build, { image, root, data, mounted, scriptFolder }: ProvisionStepInput): Promise<void> => {
    const known = mountsBelow(await readMountinfo(image.view.mountinfoPath), image.mountPath);
    mounted.defer("Stopping what provisioning left running", async () => {
      tellStopped(build, await image.sandbox.stopLeftovers());
      const swaps = await turnOffSwapIn(image.mountPath, image.view);
      if (swaps.length > 0) build.warn(`Provisioning left swap on, which was turned off: ${swaps.join(", ")}`);
      const loops = await detachLoopsIn(image.mountPath, image.view);
      if (loops.length > 0) build.warn(`Provisioning left loop devices, which were detached: ${loops.join(", ")}`);
      const mounts = await unmountNewer(build, image, known);
      if (mounts.length > 0) build.warn(`Provisioning left file systems mounted, now unmounted: ${mounts.join(", ")}`);
    });
    const container = await image.startContainer(root.layout);
    build.journal.sandbox({ pid: image.sandbox.pid, mountPath: image.mountPath, container: container.pid });
    const input = provisionInput(build, container, { image, data, mounted, scriptFolder });
    try {
      await build.hook.provision(input);
    } catch (error) {
      await cleanUpAfter(build, input, error);
      throw error;
    }
  },
);

/**
 * Only what runs in the sandbox's own PID namespace is ever stopped: who else is at the mount path may be another build, or
 * the person's own shell. Unmounting names those.
 */
export function tellStopped(build: Build, stopped: readonly SandboxProcess[]): void {
  if (stopped.length === 0) return;
  build.warn(`Provisioning left processes running, which were stopped: ${stopped.map(describeLeftover).join(", ")}`);
}

/**
 * What the sandbox has mounted in the image since provisioning began: it may hide mounts of the build, and files that are to be
 * put back. A sandbox that has ended has taken its mounts along.
 * @returns one line each
 */
async function unmountNewer({ clock }: Build, { view, mountPath }: OpenImage, known: readonly MountEntry[]) {
  const isNew = (entry: MountEntry) =>
    isBelow(entry.mountPoint, mountPath) && !known.some((each) => isSameMount(entry, each));
  if (!existsSync(view.mountinfoPath)) return [];
  const left = (await readMountinfo(view.mountinfoPath)).filter(isNew);
  await unmountOwn({ view, clock, isOurs: isNew });
  return left.map(({ source, mountPoint }) => `${source} on ${mountPoint.slice(mountPath.length) || "/"}`);
}

function provisionInput(
  build: Build,
  container: ImageSandbox,
  { image: { sandbox, runner, mountPath, wrapCommand }, data, mounted, scriptFolder }: Omit<ProvisionStepInput, "root">,
): ProvisionInput {
  const { config, ui, signal, hurry } = build;
  const { rootPath, shellWords } = container;
  const quiet = config.quietServices ? quietEnvironment : {};
  const environment = chrootEnvironment({ ...quiet, ...config.chrootEnvironment });
  for (const warning of environment.warnings) build.warn(warning);
  const communicator = new ChrootCommunicator({
    runner: sandbox,
    mountPath,
    container,
    environment: environment.env,
    // A wrapper needs a host shell around the command; without one there is none.
    ...(runner !== sandbox && { wrapCommand }),
    log: build.log,
    onWarning: (message) => build.warn(message),
  });
  const local = apart(sandbox, {
    before: async () => tellStopped(build, await container.stopLeftovers()),
    after: () => container.restrictMounts(),
  });
  // The error-cleanup provisioner of a cancelled build makes some, too.
  const makeTemporaryFolder = temporaryFoldersOf(mounted, hurry);
  const workLog = workLogOf(build, "provisioner");
  return { ui, communicator, data, local, shellWords, rootPath, scriptFolder, signal, makeTemporaryFolder, workLog };
}

interface Apart {
  /** Nothing that the image has left running lives while a program of this machine runs. */
  readonly before: () => Promise<void>;
  /** What such a program has mounted in the image is restricted before anything of the image runs again, whoever starts it. */
  readonly after: () => Promise<void>;
}

/** Programs of this machine, apart from those of the image. */
function apart(runner: CommandRunner, { before, after }: Apart): CommandRunner {
  return {
    run: async (argv, options) => {
      await before();
      try {
        return await runner.run(argv, options);
      } finally {
        await after();
      }
    },
    spawn: async (argv, options) => {
      await before();
      const child = await runner.spawn(argv, options);
      const { pid, stdin, stdout, stderr } = child;
      // What fails then is told by the next command in the image, which does the same before it starts.
      const exited = child.exited.then((status) =>
        after().then(
          () => status,
          () => status,
        ),
      );
      return { pid, stdin, stdout, stderr, exited, kill: (signal) => child.kill(signal) };
    },
  };
}

/** The template's error-cleanup provisioner, unless the user wants to look at the failure as it is. */
async function cleanUpAfter({ hook, config, ui, hurry }: Build, input: ProvisionInput, error: unknown): Promise<void> {
  if (!hook.cleanupProvision || config.packerOnError === "abort" || config.packerOnError === "ask") return;
  try {
    // A cancelled build runs it too: it has until the user asks a second time.
    await hook.cleanupProvision(error instanceof CancelledError ? { ...input, signal: hurry } : input);
  } catch (failure) {
    ui.error(`The error-cleanup provisioner failed: ${messageOf(failure)}`);
  }
}
