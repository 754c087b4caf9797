import { diffImages } from "../../bake/images/diff-images.ts";
import { ExitCode, UsageError } from "../../common/errors.ts";
import { openDebugLog } from "../../terminal/debug-log.ts";
import { watchStopSignals } from "../../terminal/signals.ts";
import type { Command } from "../command.ts";
import { type Flags, parseFlags } from "../flags.ts";
import { diffText } from "../output/diff-text.ts";
import { writeJson } from "../output/json-report.ts";
import { silentUi } from "../output/plain-ui.ts";

const flagSpecs = {
  json: { type: "boolean", about: "prints the difference as JSON, with every file" },
  all: { type: "boolean", about: "prints every line of every list, not just the first 20" },
  profile: { type: "string", value: "NAME", about: "a profile with the credentials of the OMIs' account" },
  local: { type: "boolean", about: "the OMIs are those of the embedded local cloud" },
  "local-state": { type: "string", value: "FOLDER", needs: "local", about: "where that local cloud lies" },
  log: { type: "string", value: "FILE", about: "writes API calls, commands and journal entries to this file" },
} as const satisfies Flags;

export const diff: Command = {
  usage: "diff [flags] BEFORE AFTER",
  about:
    "Shows what differs between two images: packages, files, users, units and more. Each is the id or the name of an OMI,\n" +
    "or the path of a disk file, raw or qcow2. They are mounted read-only, and nothing in them is run.",
  flags: flagSpecs,
  examples: ["outscale-chroot diff ami-1a2b3c4d web-2026-01", "outscale-chroot diff -json old.qcow2 ./new.raw"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    const [before, after, ...others] = positionals;
    if (before === undefined || after === undefined || others.length > 0) {
      throw new UsageError(`diff compares two images, not ${positionals.length}`, {
        hint: "outscale-chroot diff BEFORE AFTER: each an OMI's id or name, or a disk file",
      });
    }
    using log = openDebugLog(flags.log, io);
    using wishes = watchStopSignals(io, (message) => io.stderr.write(`${message}\n`), "comparison");
    const { "local-state": stateFolder } = flags;
    const found = await diffImages({
      images: [before, after],
      profile: flags.profile,
      local: !flags.local ? undefined : stateFolder === undefined ? true : { stateFolder },
      ui: silentUi(io),
      signal: wishes.signal,
      hurry: wishes.hurry,
      log,
      env: io.env,
    });
    if (flags.json) writeJson(io, found);
    else io.stdout.write(diffText(found, { all: flags.all === true }));
    return ExitCode.Success;
  },
};
