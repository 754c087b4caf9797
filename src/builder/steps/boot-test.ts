import { bootTest } from "../../boot/boot-test.ts";
import { checkBootSector, checkFilesystems } from "../../boot/check-filesystems.ts";
import type { BuildConfig } from "../../config/build-config.ts";
import type { BootFiles } from "../boot-files.ts";
import type { Build } from "../build.ts";
import { openConsoleFiles } from "../console-files.ts";
import type { OpenImage } from "../open-image.ts";
import { temporaryFoldersOf } from "../resources/temporary-folder.ts";
import { judgeRun, runInImage } from "../run-in-image.ts";
import type { Scope } from "../scope.ts";
import { step } from "../step.ts";
import { watchBoot } from "../watch-boot.ts";
import { judge } from "./boot-check.ts";
import type { SourceOmi } from "./check-root-device.ts";
import type { MountedRoot } from "./mount-device.ts";

type BootTestConfig = NonNullable<BuildConfig["bootTest"]>;

interface TestBootInput {
  readonly image: OpenImage;
  readonly root: MountedRoot;
  readonly source: SourceOmi | undefined;
  /** Holds the folder of the small guests that are tried first. */
  readonly linked: Scope;
  /** Undefined when no commands are to be run in the booted image. */
  readonly bootFiles: BootFiles | undefined;
}

/**
 * Checks the unmounted file systems, and boots the finished volume under QEMU if `boot_test` says so: read-only, and
 * before anything is published.
 * @throws {BootCheckError} when the image does not show the pattern on its serial console
 */
export const testBoot = step(
  "StepBootTest",
  async (build: Build, { image, root, ...input }: TestBootInput): Promise<void> => {
    const { config, signal } = build;
    const { sandbox, links } = image;
    if (config.bootCheck !== "off") {
      const { parts } = root.layout;
      const filesystems = await checkFilesystems(parts, { runner: sandbox, signal });
      judge(build, [...filesystems, ...(await checkBootSector(links.device, parts))]);
    }
    if (config.bootTest !== undefined) await bootVolume(build, config.bootTest, { image, ...input });
  },
);

async function bootVolume(
  build: Build,
  test: BootTestConfig,
  { image, source, linked, bootFiles }: Omit<TestBootInput, "root">,
): Promise<void> {
  const { config, ui, signal, clock, runId } = build;
  const { sandbox, links } = image;
  const consoles = await openConsoleFiles(config.stateFolder, runId);
  const note = (message: string) => build.log.write({ kind: "note", message });
  ui.say("Booting the volume under QEMU...");
  const result = await bootTest({
    device: links.device,
    pattern: new RegExp(test.pattern, "m"), // `^` is the start of a line: it is a line that must match
    timeoutMs: test.timeout,
    memoryMib: test.memory,
    cpus: test.cpus,
    firmware: test.firmware === "auto" ? firmwareOf(build, source) : test.firmware,
    acceleration: "auto",
    runner: sandbox,
    signal,
    clock,
    consoleFile: consoles.path,
    makeTemporaryFolder: temporaryFoldersOf(linked, signal),
    ...watchBoot(build, { timeoutMs: test.timeout, until: `until its console shows ${JSON.stringify(test.pattern)}` }),
    onNotice: (message) => build.warn(message),
    onNote: note,
  });
  const { elapsedMs, acceleration, tail } = result;
  const bootedAt = clock.now();
  ui.message(`It booted in ${(elapsedMs / 1000).toFixed(1)} s (${acceleration.toUpperCase()})`);
  const consoleFile = consoles.path(acceleration);
  const run = bootFiles && (await runInImage(build, { test, image, files: bootFiles, acceleration, consoleFile }));
  const { commands = [], failedUnits = [] } = run ?? {};
  build.emit({ type: "boot-tested", at: bootedAt, elapsedMs, acceleration, console: tail, commands, failedUnits });
  if (run !== undefined) judgeRun(build, run);
  await consoles.remove();
}

/** `uefi` for an OMI that boots no other way. */
function firmwareOf({ config }: Build, source: SourceOmi | undefined): "legacy" | "uefi" {
  const modes = config.omiBootModes.length > 0 ? config.omiBootModes : (source?.image.BootModes ?? []);
  return modes.length === 1 && modes[0] === "uefi" ? "uefi" : "legacy";
}
