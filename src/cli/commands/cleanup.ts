import { connectToRun } from "../../bake/connect-to-run.ts";
import { CleanUpError, cleanUpRuns } from "../../builder/clean-up-runs.ts";
import { ExitCode } from "../../common/errors.ts";
import { engineSettings } from "../../config/engine-settings.ts";
import { requireRoot } from "../../host/require-root.ts";
import { openDebugLog } from "../../terminal/debug-log.ts";
import type { Command } from "../command.ts";
import { type Flags, parseFlags } from "../flags.ts";
import { writeJson } from "../output/json-report.ts";
import { noticeTeller } from "../output/notice-teller.ts";
import { plainUi, silentUi } from "../output/plain-ui.ts";
import { templateInput } from "../template-flags.ts";

const flagSpecs = {
  "dry-run": { type: "boolean", about: "shows what it would do, and does nothing" },
  profile: { type: "string", value: "NAME", about: "a profile with the credentials of the runs' account" },
  template: { type: "string", value: "FILE", about: "a template with the credentials of the runs' account" },
  var: { type: "strings", value: "NAME=VALUE", needs: "template", about: "gives a variable of that template a value" },
  "var-file": {
    type: "strings",
    value: "FILE",
    needs: "template",
    about: "a file of values for variables of that template",
  },
  state: { type: "string", value: "FOLDER", about: "the folder with the journals of builds" },
  json: { type: "boolean", about: "prints what happened to each run, as JSON" },
  log: { type: "string", value: "FILE", about: "writes API calls and commands to this file" },
} as const satisfies Flags;

export const cleanup: Command = {
  usage: "cleanup [flags] [RUN...]",
  about:
    "Removes what dead or aborted builds left behind: mounts, links, volumes, unfinished snapshots and OMIs.\n" +
    "Without RUN, it cleans up after every dead build. Running builds are never touched.",
  flags: flagSpecs,
  examples: ["outscale-chroot cleanup -dry-run", "outscale-chroot cleanup -profile production 0a1b2c3d4e5f"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    requireRoot("Cleaning up needs root: it takes down mounts and devices");
    using log = openDebugLog(flags.log, io);
    const onNotice = noticeTeller(io);
    const results = await cleanUpRuns({
      stateFolder: flags.state ?? engineSettings(io.env).stateFolder,
      runIds: positionals,
      dryRun: flags["dry-run"] === true,
      ui: flags.json ? silentUi(io) : plainUi(io),
      connect: (header) =>
        connectToRun(header, {
          profile: flags.profile,
          template: flags.template === undefined ? undefined : templateInput(flags.template, flags, io.env),
          env: io.env,
          log,
          onNotice,
        }),
      log,
      env: io.env,
    }).catch((error: unknown) => {
      // What was removed all the same would be told by nobody else.
      if (flags.json && error instanceof CleanUpError) writeJson(io, error.runs);
      throw error;
    });
    if (flags.json) writeJson(io, results);
    return ExitCode.Success;
  },
};
