import { ExitCode } from "../../../common/errors.ts";
import { listRuns, type RunSummary } from "../../../history/runs.ts";
import { inWords } from "../../../terminal/elapsed.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlagsAlone } from "../../flags.ts";
import { writeJson } from "../../output/json-report.ts";
import { tableText } from "../../output/table.ts";
import { stateFlag, stateFolderOf } from "./state-flag.ts";

const flagSpecs = {
  ...stateFlag,
  json: { type: "boolean", about: "prints the runs as JSON" },
} as const satisfies Flags;

export const listAction: Command = {
  usage: "runs list [flags]",
  about: "Lists the runs, newest first: those that have ended, those that run, and those that were killed.",
  flags: flagSpecs,
  examples: ["outscale-chroot runs list", "outscale-chroot runs list -json"],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(flagSpecs, argv);
    const { runs, unreadable } = await listRuns(stateFolderOf(flags, io.env));
    for (const { problem } of unreadable) io.stderr.write(`Warning: ${problem}\n`);
    if (flags.json) writeJson(io, { runs });
    else io.stdout.write(runs.length === 0 ? "There are no runs\n" : listText(runs));
    return ExitCode.Success;
  },
};

function listText(runs: readonly RunSummary[]): string {
  const rows = runs.map(({ runId, build, startedAt, state, elapsedMs, imageId, isUnclean }) => [
    runId,
    startedAt.replace("T", " ").replace(/\.\d+Z$/, ""),
    build,
    isUnclean ? `${state}, unclean` : state,
    elapsedMs === null ? "" : inWords(elapsedMs),
    imageId ?? "",
  ]);
  return tableText(["RUN", "STARTED (UTC)", "BUILD", "OUTCOME", "TIME", "OMI"], rows);
}
