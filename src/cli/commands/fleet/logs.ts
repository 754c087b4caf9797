import { uiOf } from "../../../bake/report.ts";
import { systemClock } from "../../../common/clock.ts";
import { ExitCode, UsageError } from "../../../common/errors.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlags } from "../../flags.ts";
import { fleetFlags } from "../../fleet-flags.ts";
import { makeReport } from "../../make-report.ts";
import { errorText, exitCodeOf } from "../../output/error-text.ts";
import { openWatch } from "./open-watch.ts";

const flagSpecs = {
  ...fleetFlags,
  follow: { type: "boolean", about: "follows the build to its end, and exits with its exit code" },
  json: { type: "boolean", about: "prints one JSON object per event" },
  color: { type: "boolean", about: "colours; by default on a terminal" },
  "timestamp-ui": { type: "boolean", about: "puts the time before every line" },
} as const satisfies Flags;

export const logs: Command = {
  usage: "fleet logs [flags] BUILD",
  isReport: true,
  about: "Shows what a build has said so far, from its beginning.",
  flags: flagSpecs,
  examples: ["outscale-chroot fleet logs b0a1c2d3e4f5a6b7", "outscale-chroot fleet logs -follow b0a1c2d3e4f5a6b7"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    const [id, ...others] = positionals;
    if (id === undefined || others.length > 0)
      throw new UsageError("fleet logs takes one BUILD", { hint: "outscale-chroot fleet builds lists them" });
    const { showLogs } = await import("../../../fleet/watch/show-logs.ts");
    const { errorOfSent } = await import("../../../fleet/queue/sent-error.ts");
    await using fleet = await openWatch(flags, io.env);
    const found = await fleet.find(id);
    const { build } = found.job;
    const shown = { ...flags, "machine-readable": undefined, progress: false };
    using report = await makeReport({ flags: shown, io, clock: systemClock, builds: [build], parallel: 1 });
    const stop = new AbortController();
    const endListening = io.onSignal(() => stop.abort());
    const { follow = false } = flags;
    const { gone } = io.stdout;
    try {
      const target = { ui: uiOf(report, build), onEvent: report.event.bind(report, build) };
      const signal = AbortSignal.any([stop.signal, gone]);
      const result = await showLogs(found, target, { follow, signal, clock: systemClock });
      // Nobody may take a build that goes on for one that went well.
      if (result === undefined && (follow || stop.signal.aborted)) return ExitCode.Interrupted;
      const error = result?.error && errorOfSent(result.error);
      if (error !== undefined) io.stderr.write(errorText(error));
      return follow && error !== undefined ? exitCodeOf(error) : ExitCode.Success;
    } finally {
      endListening();
    }
  },
};
