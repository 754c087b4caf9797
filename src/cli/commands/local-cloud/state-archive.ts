import { ExitCode, UsageError } from "../../../common/errors.ts";
import { exportLocalState, importLocalState } from "../../../local-cloud/administer-cloud.ts";
import type { Command } from "../../command.ts";
import { parseFlags } from "../../flags.ts";
import { stateFlag, stateFolderOf } from "./state-flag.ts";

export const exportState: Command = {
  usage: "local-cloud export-state [flags] FILE",
  about: "Writes everything of a cloud to one file: objects, disks, keys. A name in .gz, .xz or .zst compresses it.",
  flags: stateFlag,
  examples: ["outscale-chroot local-cloud export-state cloud.tar.zst"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(stateFlag, argv);
    const file = await exportLocalState(await stateFolderOf(flags, io.env), oneFile(positionals));
    io.stderr.write(`The state is in ${file}, with the keys\n`);
    return ExitCode.Success;
  },
};

export const importState: Command = {
  usage: "local-cloud import-state [flags] FILE",
  about: "Makes a cloud from a file that export-state has written, in a state folder that has none.",
  flags: stateFlag,
  examples: ["outscale-chroot local-cloud import-state -state /srv/cloud cloud.tar.zst"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(stateFlag, argv);
    const folder = await stateFolderOf(flags, io.env);
    await importLocalState(folder, oneFile(positionals));
    io.stderr.write(`The local cloud is in ${folder}\n`);
    return ExitCode.Success;
  },
};

function oneFile([file, ...others]: readonly string[]): string {
  if (file === undefined || others.length > 0) throw new UsageError("Give one file");
  return file;
}
