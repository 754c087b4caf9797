import { ExitCode, UsageError } from "../../../common/errors.ts";
import { exportLocalImage, importLocalImage } from "../../../local-cloud/administer-cloud.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlags } from "../../flags.ts";
import { stateFlag, stateFolderOf } from "./state-flag.ts";

export const importAction: Command = {
  usage: "local-cloud import [flags] NAME DISK",
  about: "Registers a disk, raw or qcow2, as an OMI of the builder's account.",
  flags: stateFlag,
  examples: ["outscale-chroot local-cloud import debian-12 debian-12.qcow2"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(stateFlag, argv);
    const [name, disk] = twoArguments(positionals, "a name and a disk");
    const image = await importLocalImage(await stateFolderOf(flags, io.env), { name, disk });
    io.stdout.write(`${image.ImageId}\n`);
    return ExitCode.Success;
  },
};

const exportFlags = {
  ...stateFlag,
  format: { type: "string", choices: ["raw", "qcow2"], about: "by default taken from the name of the file" },
} as const satisfies Flags;

export const exportAction: Command = {
  usage: "local-cloud export [flags] IMAGE DISK",
  about:
    "Writes the root disk of an OMI, given by id or name, to a file: qcow2 for a name in .qcow2, raw for .raw, .img and none.",
  flags: exportFlags,
  examples: ["outscale-chroot local-cloud export web web.qcow2"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(exportFlags, argv);
    const [image, disk] = twoArguments(positionals, "an image and a file");
    const { ImageId } = await exportLocalImage(await stateFolderOf(flags, io.env), {
      image,
      disk,
      ...(flags.format && { format: flags.format }),
    });
    io.stderr.write(`The root disk of ${ImageId} is in ${disk}\n`);
    return ExitCode.Success;
  },
};

function twoArguments(positionals: readonly string[], what: string): [string, string] {
  const [first, second, ...others] = positionals;
  if (!first || !second || others.length > 0) throw new UsageError(`Give ${what}`);
  return [first, second];
}
