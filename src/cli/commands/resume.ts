import { resolve } from "node:path";
import { openResume, workingFolderOf } from "../../bake/resume.ts";
import { engineSettings } from "../../config/engine-settings.ts";
import { requireRoot } from "../../host/require-root.ts";
import { openDebugLog } from "../../terminal/debug-log.ts";
import { buildFlags } from "../build-flags.ts";
import type { Command } from "../command.ts";
import { type Flags, parseFlags } from "../flags.ts";
import { checkReportFlags } from "../make-report.ts";
import { checkOutputFile } from "../output/output-file.ts";
import { tellRetries } from "../output/tell-retries.ts";
import { runOpened } from "../run-opened.ts";
import { templateInput } from "../template-flags.ts";
import { oneRun } from "./runs/one-record.ts";
import { stateFlag } from "./runs/state-flag.ts";

const flagSpecs = {
  var: { ...buildFlags.var, about: "gives a variable another value, or a sensitive one its value again" },
  "var-file": buildFlags["var-file"],
  "on-error": {
    ...buildFlags["on-error"],
    about: "what the run does if it fails again; abort, the default, keeps its volume for another resume",
  },
  debug: buildFlags.debug,
  force: buildFlags.force,
  "boot-test": buildFlags["boot-test"],
  ...stateFlag,
  color: buildFlags.color,
  "timestamp-ui": buildFlags["timestamp-ui"],
  "machine-readable": buildFlags["machine-readable"],
  json: buildFlags.json,
  progress: buildFlags.progress,
  log: buildFlags.log,
  report: buildFlags.report,
  sbom: buildFlags.sbom,
  timing: buildFlags.timing,
  history: buildFlags.history,
  result: buildFlags.result,
} as const satisfies Flags;

export const resumeCommand: Command = {
  usage: "resume [flags] RUN",
  isReport: true,
  about:
    "Continues a build that failed and kept its volume (-on-error=abort), or was killed: from the provisioner that did not\n" +
    "finish, with the template as it is now, to the OMI. RUN is the id that the build showed.",
  flags: flagSpecs,
  examples: ["outscale-chroot resume 0a1b2c3d4e5f", "outscale-chroot resume -var token=SECRET 0a1b2c3d4e5f"],
  async run({ argv, io }) {
    const { flags: given, positionals } = parseFlags(flagSpecs, argv);
    const run = oneRun(positionals);
    requireRoot("Resuming a build needs root: it mounts disks");
    checkReportFlags(given, given.debug === true || given["on-error"] === "ask");
    const flags = {
      ...given,
      ...{ report: absolute(given.report), sbom: absolute(given.sbom), result: absolute(given.result) },
      "var-file": given["var-file"].map((path) => resolve(path)),
      diff: undefined,
    };
    for (const file of [flags.result, flags.sbom, flags.report]) if (file !== undefined) checkOutputFile(file);
    using log = openDebugLog(flags.log, io);
    const stateFolder = resolve(flags.state ?? engineSettings(io.env).stateFolder);
    enterFolder(workingFolderOf(stateFolder, run));
    const { variables, variableFiles } = templateInput("", flags, io.env);
    const opening = openResume({
      ...{ run, stateFolder, variables, variableFiles, env: io.env, log, onRetry: tellRetries(io) },
      debug: flags.debug,
      force: flags.force,
      onError: flags["on-error"],
      bootTest: flags["boot-test"],
      history: flags.history,
      // Without -diff: what the image was before its first provisioner cannot be seen any more.
      evidence: flags.sbom === undefined ? undefined : { diff: false },
    });
    return await runOpened(opening, { flags, io, parallel: 1 });
  },
};

function absolute(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}

/** Where the build was begun: relative paths in its template start there. One that is gone is told of by `openResume()`. */
function enterFolder(path: string): void {
  try {
    process.chdir(path);
  } catch {}
}
