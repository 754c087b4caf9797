import { listImages } from "../../../bake/omis/list-images.ts";
import { ExitCode } from "../../../common/errors.ts";
import { openDebugLog } from "../../../terminal/debug-log.ts";
import type { Command } from "../../command.ts";
import { parseFlagsAlone } from "../../flags.ts";
import { writeJson } from "../../output/json-report.ts";
import { omiTable } from "../../output/omi-text.ts";
import { accountFlags, omisInput } from "./account-flags.ts";

export const listAction: Command = {
  usage: "omi list [flags]",
  about:
    "Lists the account's own OMIs, newest first: size, age, what each was made of, and what uses it. The source is known\n" +
    "of OMIs that were built with skip_unchanged, or on this machine.",
  flags: accountFlags,
  examples: ["outscale-chroot omi list", "outscale-chroot omi list -profile production -json"],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(accountFlags, argv);
    using log = openDebugLog(flags.log, io);
    const list = await listImages(omisInput(flags, io, log));
    if (flags.json) writeJson(io, list);
    else io.stdout.write(list.images.length === 0 ? "The account has no OMIs\n" : omiTable(list.images, Date.now()));
    return ExitCode.Success;
  },
};
