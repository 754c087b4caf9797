import { listImages } from "../../../bake/omis/list-images.ts";
import type { OwnImage } from "../../../bake/omis/own-image.ts";
import { ExitCode, UsageError } from "../../../common/errors.ts";
import { openDebugLog } from "../../../terminal/debug-log.ts";
import type { Command } from "../../command.ts";
import { parseFlags } from "../../flags.ts";
import { writeJson } from "../../output/json-report.ts";
import { omiText } from "../../output/omi-text.ts";
import { accountFlags, omisInput } from "./account-flags.ts";
import { onePositional } from "./one-positional.ts";

export const showAction: Command = {
  usage: "omi show [flags] OMI",
  about: "Shows all that is known about one of the account's own OMIs, by its id or its name.",
  flags: accountFlags,
  examples: ["outscale-chroot omi show ami-1a2b3c4d", "outscale-chroot omi show -json web-2026-01"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(accountFlags, argv);
    const wanted = onePositional(positionals, { what: "OMI is shown", hint: "Give its id or its name" });
    using log = openDebugLog(flags.log, io);
    const { images } = await listImages(omisInput(flags, io, log));
    const image = findOne(images, wanted);
    if (flags.json) writeJson(io, image);
    else io.stdout.write(omiText(image, Date.now()));
    return ExitCode.Success;
  },
};

/** Names are unique in an account. */
function findOne(images: readonly OwnImage[], wanted: string): OwnImage {
  const image = images.find(({ imageId, name }) => imageId === wanted || name === wanted);
  if (image !== undefined) return image;
  throw new UsageError(`The account has no OMI "${wanted}"`, {
    hint: "outscale-chroot omi list shows the account's own",
  });
}
