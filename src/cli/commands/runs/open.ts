import { spawn } from "node:child_process";
import { join } from "node:path";
import { ExitCode, UsageError } from "../../../common/errors.ts";
import { reportText } from "../../../report/report-text.ts";
import type { Io } from "../../../terminal/io.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlags } from "../../flags.ts";
import { isStream, writeOutputFile } from "../../output/output-file.ts";
import { askedRecord } from "./one-record.ts";
import { stateFlag } from "./state-flag.ts";

const flagSpecs = {
  ...stateFlag,
  output: { type: "string", value: "FILE", about: "the file to write; by default run-RUN.html in this folder" },
} as const satisfies Flags;

export const openAction: Command = {
  usage: "runs open [flags] RUN",
  about:
    "Writes a run's report as one HTML file, and opens it where there is a screen. It needs nothing else, so it can be sent\n" +
    "to others: credentials and sensitive values are not in it.",
  flags: flagSpecs,
  examples: ["outscale-chroot runs open 0a1b", "outscale-chroot runs open -output web.html 0a1b2c3d4e5f"],
  async run({ argv, io }) {
    const asked = parseFlags(flagSpecs, argv);
    const { flags } = asked;
    const record = askedRecord(asked, io.env);
    const path = flags.output ?? join(".", `run-${record.runId}.html`);
    await writeReport(path, await reportText(record), io);
    if (isStream(path)) return ExitCode.Success;
    io.stdout.write(`The report is in ${path}\n`);
    if (io.env.DISPLAY || io.env.WAYLAND_DISPLAY) openOnScreen(path);
    return ExitCode.Success;
  },
};

async function writeReport(path: string, text: string, io: Io): Promise<void> {
  await writeOutputFile(path, text, io).catch((cause: unknown) => {
    throw new UsageError(`Cannot write the report "${path}"`, { cause });
  });
}

/** Where no browser is found, the file is there all the same. */
function openOnScreen(path: string): void {
  const opener = spawn("xdg-open", [path], { stdio: "ignore", detached: true });
  opener.on("error", () => undefined);
  opener.unref();
}
