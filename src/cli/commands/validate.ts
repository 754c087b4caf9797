import { ExitCode } from "../../common/errors.ts";
import { templateArgument } from "../build-flags.ts";
import type { Command } from "../command.ts";
import { type Flags, parseFlags } from "../flags.ts";
import { loadBuilds } from "../load-builds.ts";
import { prepareBuilds } from "../prepare-builds.ts";
import { templateFlags } from "../template-flags.ts";

const flagSpecs = {
  ...templateFlags,
  "syntax-only": { type: "boolean", about: "reads the template, but checks no options" },
} as const satisfies Flags;

export const validate: Command = {
  usage: "validate [flags] TEMPLATE",
  about: "Checks a template and the options of its builds, without the network and without building anything.",
  flags: flagSpecs,
  examples: ["outscale-chroot validate -var omi_name=web web.pkr.hcl"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    const path = templateArgument(positionals);
    const { builds, warnings } = await loadBuilds(path, flags, io.env);
    const settings = { debug: false, force: false, onError: "cleanup", bootTest: false, override: {} };
    const prepared = flags["syntax-only"]
      ? []
      : prepareBuilds(builds, { ...settings, builder: { env: io.env, templatePath: path } });
    const all = [
      ...warnings,
      ...prepared.flatMap(({ definition, prepared: { warnings } }) =>
        warnings.map((text) => `${definition.name}: ${text}`),
      ),
    ];
    for (const warning of all) io.stderr.write(`Warning: ${warning}\n`);
    io.stdout.write(flags["syntax-only"] ? "The syntax of the template is valid.\n" : "The configuration is valid.\n");
    return ExitCode.Success;
  },
};
