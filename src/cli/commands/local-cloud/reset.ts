import { ExitCode } from "../../../common/errors.ts";
import { resetLocalCloud } from "../../../local-cloud/administer-cloud.ts";
import type { Command } from "../../command.ts";
import { parseFlagsAlone } from "../../flags.ts";
import { stateFlag, stateFolderOf } from "./state-flag.ts";

export const reset: Command = {
  usage: "local-cloud reset [flags]",
  about:
    "Removes everything of a cloud: devices, disks, objects and keys. A cloud that runs keeps its keys and starts afresh.",
  flags: stateFlag,
  examples: ["outscale-chroot local-cloud reset"],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(stateFlag, argv);
    const folder = stateFolderOf(flags, io.env);
    const goesOn = await resetLocalCloud(folder);
    io.stderr.write(`The local cloud in ${folder} ${goesOn ? "starts afresh" : "is empty"}\n`);
    return ExitCode.Success;
  },
};
