import type { Acceleration } from "../boot/acceleration.ts";
import { BootCheckError } from "../boot/boot-check-error.ts";
import type { FailedUnit, GuestCommand } from "../boot/guest-script.ts";
import { type GuestRun, runInGuest } from "../boot/run-in-guest.ts";
import type { BuildConfig } from "../config/build-config.ts";
import type { BootFiles } from "./boot-files.ts";
import type { Build } from "./build.ts";
import type { OpenImage } from "./open-image.ts";
import { watchBoot } from "./watch-boot.ts";

interface RunInImageInput {
  readonly test: NonNullable<BuildConfig["bootTest"]>;
  readonly image: OpenImage;
  readonly files: BootFiles;
  /** Under which the image has booted. */
  readonly acceleration: Acceleration;
  readonly consoleFile: string;
}

/** Runs the commands of `boot_test.run` in the booted image, and tells what each came to. */
export async function runInImage(build: Build, input: RunInImageInput): Promise<GuestRun> {
  const { test, image, files, acceleration, consoleFile } = input;
  const { ui, signal, clock } = build;
  const { onStart, onLine } = watchBoot(build, { timeoutMs: test.timeout, until: "until they have ended" });
  ui.say("Booting the volume again, with its own kernel, to run commands in it...");
  const run = await runInGuest({
    ...files,
    ...{
      commands: test.run,
      device: image.links.device,
      timeoutMs: test.timeout,
      memoryMib: test.memory,
      cpus: test.cpus,
    },
    ...{ acceleration, consoleFile, runner: image.sandbox, signal, clock },
    ...{ onStart: () => onStart(acceleration), onLine },
  });
  for (const { command, exitCode, output } of run.commands) {
    ui.say(`${command}: exit code ${exitCode}`);
    for (const line of linesOf(output)) ui.message(line);
  }
  return run;
}

/** @throws {BootCheckError} for a command that has failed, and with `boot_check = "strict"` for a unit that has */
export function judgeRun(build: Build, { commands, failedUnits }: GuestRun): void {
  const failed = commands.filter(({ exitCode }) => exitCode !== 0);
  for (const unit of failedUnits) build.warn(`Boot test: the unit ${unit.name} has failed`);
  if (failed.length > 0) throw commandFailure(failed);
  if (failedUnits.length > 0 && build.config.bootCheck === "strict") throw unitFailure(failedUnits);
}

const MOST_LINES = 25;

function commandFailure(failed: readonly GuestCommand[]): BootCheckError {
  const told = failed.map(({ command, exitCode }) => `"${command}" (exit code ${exitCode})`).join(", ");
  const verb = failed.length === 1 ? "A command has" : `${failed.length} commands have`;
  return new BootCheckError(`${verb} failed in the booted image: ${told}`, {
    tail: linesOf(failed[0]?.output ?? "").slice(-MOST_LINES),
    hint: "There is no network but loopback in there; boot_test.run has to end with exit code 0",
  });
}

function unitFailure(units: readonly FailedUnit[]): BootCheckError {
  const verb = units.length === 1 ? "A unit has" : `${units.length} units have`;
  return new BootCheckError(`${verb} failed in the booted image: ${units.map(({ name }) => name).join(", ")}`, {
    tail: units.flatMap(({ status }) => linesOf(status)).slice(0, MOST_LINES),
    hint: 'Mend the unit or disable it, or set boot_check = "warn"',
  });
}

function linesOf(text: string): readonly string[] {
  const lines = text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}
