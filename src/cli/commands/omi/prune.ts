import { pruneImages, throwUnlessDone } from "../../../bake/omis/prune-images.ts";
import { cleanupCommand } from "../../../builder/cleanup-command.ts";
import { parseAge } from "../../../common/duration.ts";
import { ExitCode, UsageError } from "../../../common/errors.ts";
import { openDebugLog } from "../../../terminal/debug-log.ts";
import { watchStopSignals } from "../../../terminal/signals.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlagsAlone } from "../../flags.ts";
import { writeJson } from "../../output/json-report.ts";
import { pruneText } from "../../output/omi-text.ts";
import { plainUi, silentUi } from "../../output/plain-ui.ts";
import { accountFlags, omisInput } from "./account-flags.ts";

const flagSpecs = {
  name: {
    type: "strings",
    value: "PATTERN",
    about: "OMIs with such a name, such as web-*; may be repeated, each is a family of its own",
  },
  keep: { type: "string", value: "N", about: "keeps this many of the newest of each family" },
  "older-than": { type: "string", value: "AGE", about: "removes only OMIs that are older, such as 30d or 12h" },
  "include-shared": { type: "boolean", about: "also removes OMIs that are public, or shared with other accounts" },
  "dry-run": { type: "boolean", about: "shows what it would do, and does nothing; the default without -yes" },
  yes: { type: "boolean", about: "removes them" },
  ...accountFlags,
} as const satisfies Flags;

export const pruneAction: Command = {
  usage: "omi prune -name PATTERN [flags]",
  about:
    "Removes the account's own OMIs, each with its own snapshots, oldest first. An OMI stays if a VM was started from it,\n" +
    "if another OMI maps its snapshots, or if others may launch it. Shows what it would do; with -yes it does it.",
  flags: flagSpecs,
  examples: [
    "outscale-chroot omi prune -name 'web-*' -keep 3 -older-than 30d",
    "outscale-chroot omi prune -name 'web-*' -name 'db-*' -keep 3 -yes -json",
  ],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(flagSpecs, argv);
    const { yes: isMeant = false, "dry-run": isDry = !isMeant } = flags;
    if (isMeant && isDry) throw new UsageError("-yes and -dry-run contradict each other");
    using log = openDebugLog(flags.log, io);
    // Where nothing is removed, nothing is cleaned up: it ends at once, and its error says so.
    const tell = (message: string) => isMeant && io.stderr.write(`${message}\n`);
    using wishes = watchStopSignals(io, tell, isMeant ? "removal" : "dry run");
    const pruned = await pruneImages({
      ...omisInput(flags, io, log),
      names: flags.name,
      keep: readCount(flags.keep),
      olderThanMs: readAge(flags["older-than"]),
      includeShared: flags["include-shared"],
      dryRun: !isMeant,
      ui: flags.json ? silentUi(io) : plainUi(io),
      signal: wishes.signal,
      hurry: wishes.hurry,
    });
    if (flags.json) writeJson(io, { dryRun: !isMeant, images: pruned });
    else io.stdout.write(pruneText(pruned, { isDry: !isMeant }));
    const cleanup = cleanupCommand({ stateFolder: flags.state, env: io.env });
    throwUnlessDone(pruned, { cleanup, signal: wishes.signal });
    return ExitCode.Success;
  },
};

function readCount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new UsageError(`-keep must be a whole number, not "${text}"`);
  return Number(text);
}

function readAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseAge(text);
  if (ms === undefined) throw new UsageError(`-older-than must be an age such as 30d or 12h, not "${text}"`);
  return ms;
}
