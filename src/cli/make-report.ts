import type { Clock } from "../common/clock.ts";
import { UsageError } from "../common/errors.ts";
import { hasColor } from "../terminal/color.ts";
import type { Io } from "../terminal/io.ts";
import { HeartbeatReport } from "./output/heartbeat-report.ts";
import { HumanReport } from "./output/human-report.ts";
import { JsonReport } from "./output/json-report.ts";
import { MachineReport } from "./output/machine-report.ts";
import type { ShownReport } from "./output/shown-report.ts";

export interface ReportFlags {
  readonly json: boolean | undefined;
  readonly "machine-readable": boolean | undefined;
  readonly color: boolean | undefined;
  readonly "timestamp-ui": boolean | undefined;
  readonly progress: boolean | undefined;
}

/**
 * @param asks Whether the run may ask a person something
 * @throws {UsageError} when the flags contradict each other
 */
export function checkReportFlags(flags: ReportFlags, asks: boolean): void {
  if (flags.json && flags["machine-readable"]) throw new UsageError("-json and -machine-readable cannot both be given");
  const machine = flags.json ? "-json" : flags["machine-readable"] ? "-machine-readable" : undefined;
  if (machine === undefined || !asks) return;
  throw new UsageError(`-debug and -on-error=ask need a person who answers, and ${machine} has none`);
}

/** How the user wants to be told. Where no terminal has a live line, silence is broken now and then. */
export function makeReport(flags: ReportFlags, io: Io, clock: Clock, builds: readonly string[]): ShownReport {
  const report = plainReport(flags, io, clock, builds);
  return isLive(flags, io) || flags.progress === false ? report : new HeartbeatReport(report, clock);
}

function plainReport(flags: ReportFlags, io: Io, clock: Clock, builds: readonly string[]): ShownReport {
  if (flags.json) return new JsonReport(io.stdout, clock);
  if (flags["machine-readable"]) return new MachineReport(io.stdout, clock);
  return new HumanReport({
    io,
    clock,
    color: hasColor(flags.color, io.stdout, io.env),
    timestamps: flags["timestamp-ui"] === true,
    isLive: isLive(flags, io),
    builds,
  });
}

/** Live lines need a terminal that can move its cursor, and are for people. */
function isLive({ json, progress, "machine-readable": machine }: ReportFlags, { stdout, env }: Io): boolean {
  return stdout.isTerminal && env.TERM !== "dumb" && progress !== false && !json && !machine;
}
