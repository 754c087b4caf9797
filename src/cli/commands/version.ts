import { systemClock } from "../../common/clock.ts";
import { ExitCode } from "../../common/errors.ts";
import { version } from "../../common/version.ts";
import type { Io } from "../../terminal/io.ts";
import type { Command } from "../command.ts";
import { type Flags, parseFlagsAlone } from "../flags.ts";

const flagSpecs = {
  "machine-readable": { type: "boolean", about: "prints Packer's machine-readable lines" },
} as const satisfies Flags;

export const versionCommand: Command = {
  usage: "version [flags]",
  about: "Prints the version.",
  flags: flagSpecs,
  examples: ["outscale-chroot version", "outscale-chroot version -machine-readable"],
  run: async ({ argv, io }) => {
    const flags = parseFlagsAlone(flagSpecs, argv);
    if (flags["machine-readable"]) await printFacts(io);
    else io.stdout.write(`outscale-chroot ${version}\n`);
    return ExitCode.Success;
  },
};

async function printFacts({ stdout }: Pick<Io, "stdout">): Promise<void> {
  const { MachineReport } = await import("../output/machine-report.ts");
  const report = new MachineReport(stdout, systemClock);
  report.fact("version", version);
  report.note("say", `outscale-chroot ${version}`);
}
