import { ExitCode } from "../../../common/errors.ts";
import { localCloudStatus, resetLocalCloud } from "../../../local-cloud/administer-cloud.ts";
import { LocalCloudError } from "../../../local-cloud/local-cloud-error.ts";
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
    const folder = await stateFolderOf(flags, io.env);
    if (flags.region !== undefined) await requireAlone(folder, flags.region);
    const goesOn = await resetLocalCloud(folder);
    io.stderr.write(`The local cloud in ${folder} ${goesOn ? "starts afresh" : "is empty"}\n`);
    return ExitCode.Success;
  },
};

/** The others lie in the folder of the first region, and go with it: who names one region means that one. */
async function requireAlone(folder: string, region: string): Promise<void> {
  const [, ...others] = (await localCloudStatus(folder)).regions;
  if (others.length === 0) return;
  throw new LocalCloudError(`The region ${region} cannot be emptied alone: ${others.join(", ")} would go with it`, {
    hint: "`outscale-chroot local-cloud reset` without -region empties every region",
  });
}
