import type { Clock } from "../common/clock.ts";
import { UsageError } from "../common/errors.ts";
import type { Io } from "./io.ts";
import { HumanReport } from "./output/human-report.ts";
import { JsonReport } from "./output/json-report.ts";
import { MachineReport } from "./output/machine-report.ts";
import type { Report } from "./output/report.ts";

export interface ReportFlags {
  readonly json: boolean | undefined;
  readonly "machine-readable": boolean | undefined;
  readonly color: boolean | undefined;
  readonly "timestamp-ui": boolean | undefined;
}

/**
 * How the user wants to be told.
 * @throws {UsageError} when the flags contradict each other
 */
export function makeReport(flags: ReportFlags, io: Io, clock: Clock, builds: readonly string[]): Report {
  if (flags.json && flags["machine-readable"]) {
    throw new UsageError("-json and -machine-readable cannot both be given");
  }
  if (flags.json) return new JsonReport(io.stdout, clock);
  if (flags["machine-readable"]) return new MachineReport(io.stdout, clock);
  return new HumanReport({
    io,
    clock,
    color: hasColor(flags.color, io),
    timestamps: flags["timestamp-ui"] === true,
    builds,
  });
}

/** Asked for, or on a terminal, unless the environment says no. @see https://no-color.org */
function hasColor(flag: boolean | undefined, { stdout, env }: Io): boolean {
  if (env.NO_COLOR || env.PACKER_NO_COLOR) return false;
  return flag ?? stdout.isTerminal;
}
