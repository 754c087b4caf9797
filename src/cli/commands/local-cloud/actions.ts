import { ExitCode } from "../../../common/errors.ts";
import { knownActions } from "../../../local-cloud/known-actions.ts";
import type { Command } from "../../command.ts";
import { parseFlagsAlone } from "../../flags.ts";
import { writeJson } from "../../output/json-report.ts";
import { tableText } from "../../output/table.ts";
import { jsonFlag } from "./state-flag.ts";

export const actions: Command = {
  usage: "local-cloud actions [flags]",
  about: "Lists the actions of OUTSCALE's API, and which of them the local cloud emulates.",
  flags: jsonFlag,
  examples: ["outscale-chroot local-cloud actions", "outscale-chroot local-cloud actions -json"],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(jsonFlag, argv);
    const rows = knownActions.map(({ action, emulated }) => [action, emulated ? "yes" : "no"]);
    if (flags.json) writeJson(io, knownActions);
    else io.stdout.write(tableText(["ACTION", "EMULATED"], rows));
    return ExitCode.Success;
  },
};
