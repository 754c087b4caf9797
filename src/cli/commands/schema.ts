import { ExitCode, UsageError } from "../../common/errors.ts";
import { configJsonSchema } from "../../config/json-schema.ts";
import type { Command } from "../command.ts";
import { parseFlags } from "../flags.ts";

export const schema: Command = {
  usage: "schema",
  about:
    'Prints a JSON Schema (draft 2020-12) of a source "outscale-chroot" block, for editors and other programs: every\n' +
    "option with its type, default and meaning.",
  flags: {},
  examples: ["outscale-chroot schema"],
  async run({ argv, io }) {
    const { positionals } = parseFlags({}, argv);
    if (positionals.length > 0) throw new UsageError(`schema takes no arguments, not ${positionals.join(" ")}`);
    io.stdout.writeExact(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    return ExitCode.Success;
  },
};
