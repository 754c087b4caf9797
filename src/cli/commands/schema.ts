import { legacyJsonSchema } from "../../bake/schema/legacy-json-schema.ts";
import { pkrJsonSchema } from "../../bake/schema/pkr-json-schema.ts";
import { ExitCode, UsageError } from "../../common/errors.ts";
import { configJsonSchema } from "../../config/json-schema.ts";
import type { Command } from "../command.ts";
import { parseFlags } from "../flags.ts";

const schemas: Readonly<Record<string, () => object>> = {
  options: configJsonSchema,
  "pkr-json": pkrJsonSchema,
  "legacy-json": legacyJsonSchema,
};

export const schema: Command = {
  usage: "schema [pkr-json | legacy-json]",
  about:
    "Prints a JSON Schema (draft 2020-12), for editors and other programs: of a whole template in .pkr.json, of a whole\n" +
    'older JSON template, or else of the options of a source "outscale-chroot" block alone, each with its type,\n' +
    "default and meaning.",
  flags: {},
  examples: ["outscale-chroot schema", "outscale-chroot schema pkr-json > pkr-json.schema.json"],
  async run({ argv, io }) {
    const { positionals } = parseFlags({}, argv);
    const [kind = "options", ...rest] = positionals;
    const make = Object.hasOwn(schemas, kind) ? schemas[kind] : undefined;
    if (make === undefined || rest.length > 0) {
      throw new UsageError(`schema takes pkr-json, legacy-json or nothing, not ${positionals.join(" ")}`);
    }
    io.stdout.writeExact(`${JSON.stringify(make(), null, 2)}\n`);
    return ExitCode.Success;
  },
};
