import type { Acceleration } from "../../boot/acceleration.ts";
import { type BootTestOptions, bootTest } from "../../boot/boot-test.ts";
import { checkBootSector, checkFilesystems } from "../../boot/check-filesystems.ts";
import { formatDuration } from "../../common/duration.ts";
import type { BuildConfig } from "../../config/build-config.ts";
import type { Build } from "../build.ts";
import { openConsoleFiles } from "../console-files.ts";
import type { OpenImage } from "../open-image.ts";
import { temporaryFoldersOf } from "../resources/temporary-folder.ts";
import type { Scope } from "../scope.ts";
import { step } from "../step.ts";
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
}

/**
 * Checks the unmounted file systems, and boots the finished volume under QEMU if `boot_test` says so: read-only, and
 * before anything is published.
 * @throws {BootCheckError} when the image does not show the pattern on its serial console
 */
export const testBoot = step(
  "StepBootTest",
  async (build: Build, { image, root, source, linked }: TestBootInput): Promise<void> => {
    const { config, signal } = build;
    const { sandbox, links } = image;
    if (config.bootCheck !== "off") {
      const { parts } = root.layout;
      const filesystems = await checkFilesystems(parts, { runner: sandbox, signal });
      judge(build, [...filesystems, ...(await checkBootSector(links.device, parts))]);
    }
    if (config.bootTest !== undefined) await bootVolume(build, config.bootTest, { image, source, linked });
  },
);

/** A console may show hundreds of lines a second, and nobody reads so fast. */
const TELL_EVERY_MS = 500;

async function bootVolume(
  build: Build,
  test: BootTestConfig,
  { image, source, linked }: Pick<TestBootInput, "image" | "source" | "linked">,
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
    ...watchBoot(build, test),
    onNotice: (message) => build.warn(message),
    onNote: note,
  });
  await consoles.remove();
  const { elapsedMs, acceleration, tail } = result;
  build.emit({ type: "boot-tested", at: clock.now(), elapsedMs, acceleration, console: tail });
  ui.message(`It booted in ${(result.elapsedMs / 1000).toFixed(1)} s (${result.acceleration.toUpperCase()})`);
}

/** Tells what is waited for, and shows the console's last line and the deadline while it lasts. */
function watchBoot(build: Build, { pattern, timeout }: BootTestConfig): Pick<BootTestOptions, "onStart" | "onLine"> {
  const { clock, currentStep } = build;
  let startedAt = clock.now();
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (acceleration: Acceleration, detail?: string) => {
    const now = clock.now();
    const state = `under ${acceleration.toUpperCase()}`;
    const base = { type: "progress", step: currentStep.name, subject: "boot", state, percent: undefined } as const;
    const time = { elapsedMs: now - startedAt, timeoutMs: timeout };
    build.emit({ ...base, ...time, ...(detail === undefined ? {} : { detail }) });
    toldAt = now;
  };
  return {
    onStart: (acceleration) => {
      startedAt = clock.now();
      const until = `until its console shows ${JSON.stringify(pattern)}`;
      build.ui.message(`Under ${acceleration.toUpperCase()}, ${until}, for at most ${formatDuration(timeout)}`);
      tell(acceleration);
    },
    onLine: (line, acceleration) => {
      build.log.write({ kind: "note", message: `console (${acceleration}): ${line}` });
      if (line.trim() !== "" && clock.now() - toldAt >= TELL_EVERY_MS) tell(acceleration, line.trim());
    },
  };
}

/** `uefi` for an OMI that boots no other way. */
function firmwareOf({ config }: Build, source: SourceOmi | undefined): "legacy" | "uefi" {
  const modes = config.omiBootModes.length > 0 ? config.omiBootModes : (source?.image.BootModes ?? []);
  return modes.length === 1 && modes[0] === "uefi" ? "uefi" : "legacy";
}
