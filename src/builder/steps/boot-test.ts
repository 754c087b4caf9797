import { bootTest } from "../../boot/boot-test.ts";
import { checkBootSector, checkFilesystems } from "../../boot/check-filesystems.ts";
import type { Build } from "../build.ts";
import type { OpenImage } from "../open-image.ts";
import { step } from "../step.ts";
import { judge } from "./boot-check.ts";
import type { SourceOmi } from "./check-root-device.ts";
import type { MountedRoot } from "./mount-device.ts";

interface TestBootInput {
  readonly image: OpenImage;
  readonly root: MountedRoot;
  readonly source: SourceOmi | undefined;
}

/**
 * Checks the unmounted file systems, and boots the finished volume under QEMU if `boot_test` says so: read-only, and
 * before anything is published.
 * @throws {BootCheckError} when the image does not show the pattern on its serial console
 */
export const testBoot = step(
  "StepBootTest",
  async (build: Build, { image, root, source }: TestBootInput): Promise<void> => {
    const { config, ui, signal, clock } = build;
    const { sandbox, links } = image;
    if (config.bootCheck !== "off") {
      const { parts } = root.layout;
      const filesystems = await checkFilesystems(parts, { runner: sandbox, signal });
      judge(build, [...filesystems, ...(await checkBootSector(links.device, parts))]);
    }
    const options = config.bootTest;
    if (options === undefined) return;
    ui.say("Booting the volume under QEMU...");
    const result = await bootTest({
      device: links.device,
      pattern: new RegExp(options.pattern, "m"), // `^` is the start of a line: it is a line that must match
      timeoutMs: options.timeout,
      memoryMib: options.memory,
      cpus: options.cpus,
      firmware: options.firmware === "auto" ? firmwareOf(build, source) : options.firmware,
      acceleration: "auto",
      runner: sandbox,
      signal,
      clock,
      onLine: (line) => build.log.write({ kind: "note", message: `console: ${line}` }),
    });
    ui.message(`It booted in ${(result.elapsedMs / 1000).toFixed(1)} s (${result.acceleration.toUpperCase()})`);
  },
);

/** `uefi` for an OMI that boots no other way. */
function firmwareOf({ config }: Build, source: SourceOmi | undefined): "legacy" | "uefi" {
  const modes = config.omiBootModes.length > 0 ? config.omiBootModes : (source?.image.BootModes ?? []);
  return modes.length === 1 && modes[0] === "uefi" ? "uefi" : "legacy";
}
