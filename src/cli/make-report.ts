import type { Clock } from "../common/clock.ts";
import { UsageError } from "../common/errors.ts";
import { hasColor } from "../terminal/color.ts";
import type { Io } from "../terminal/io.ts";
import { type CiLog, ciLogOf } from "./ci/ci-log.ts";
import { CiReport, mappedSink } from "./ci/ci-report.ts";
import { HeartbeatReport } from "./output/heartbeat-report.ts";
import { HumanReport } from "./output/human-report.ts";
import { JsonReport } from "./output/json-report.ts";
import type { LiveView } from "./output/live-view.ts";
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
  throw new UsageError(`-debug and -on-error=ask need a person to answer, and ${machine} has none`);
}

export interface MakeReportInput {
  readonly flags: ReportFlags;
  readonly io: Io;
  readonly clock: Clock;
  /** The builds' names, in their order. */
  readonly builds: readonly string[];
  /** How many of them run at a time; 0 means all. */
  readonly parallel: number;
}

/** How the user wants to be told. Where no terminal has live lines, silence is broken now and then. */
export async function makeReport(input: MakeReportInput): Promise<ShownReport> {
  const { flags, io, clock } = input;
  const ci = ciLogOf(io.env);
  const report = await (ci === undefined ? plainReport(input) : ciReport(input, ci));
  return isLive(flags, io) || flags.progress === false ? report : new HeartbeatReport(report, clock);
}

/** What is for programs stays as it is, but that nothing in it is a command. */
async function ciReport(input: MakeReportInput, log: CiLog): Promise<ShownReport> {
  const { flags, io, clock, builds, parallel } = input;
  if (flags.json || flags["machine-readable"]) {
    const harmless = flags.json ? log.harmlessJson : log.harmlessText;
    return plainReport({ ...input, io: { ...io, stdout: mappedSink(io.stdout, harmless) } });
  }
  const sink = mappedSink(io.stdout, log.harmlessLine);
  // One stream: between two, nobody knows which line comes before which mark.
  const inner = await plainReport({ ...input, io: { ...io, stdout: sink, stderr: sink } });
  return new CiReport({ inner, log, sink: io.stdout, clock, hasSections: builds.length === 1 || parallel === 1 });
}

async function plainReport({ flags, io, clock, builds }: MakeReportInput): Promise<ShownReport> {
  if (flags.json) return new JsonReport(io.stdout, clock);
  if (flags["machine-readable"]) return new MachineReport(io.stdout, clock);
  return new HumanReport({
    io,
    clock,
    color: hasColor(flags.color ?? (ciLogOf(io.env) === undefined ? undefined : true), io.stdout, io.env),
    timestamps: flags["timestamp-ui"] === true,
    live: isLive(flags, io) ? await openLive(io, builds) : undefined,
    builds,
  });
}

/** Loaded where there is a terminal: measuring the width of any text takes tables that are slow to set up. */
async function openLive({ stdout }: Io, builds: readonly string[]): Promise<LiveView> {
  const { openLiveView } = await import("./output/live-view.ts");
  return openLiveView(stdout, builds);
}

/** Live lines need a terminal that can move its cursor, and are for people. The log of a CI system is read later. */
function isLive({ json, progress, "machine-readable": machine }: ReportFlags, { stdout, env }: Io): boolean {
  const canMove = stdout.isTerminal && env.TERM !== "dumb" && ciLogOf(env) === undefined;
  return canMove && progress !== false && !json && !machine;
}
