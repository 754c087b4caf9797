import { inspect } from "../../bake/inspect.ts";
import { ExitCode } from "../../common/errors.ts";
import type { Command } from "../command.ts";
import { type Flags, parseFlags } from "../flags.ts";
import { templateArgument, templateFlags, templateInput } from "../template-flags.ts";

const flagSpecs = {
  var: templateFlags.var,
  "var-file": templateFlags["var-file"],
  "use-sequential-evaluation": templateFlags["use-sequential-evaluation"],
  "ignore-prerelease-plugins": templateFlags["ignore-prerelease-plugins"],
  upgrade: { type: "boolean", about: "has no effect here: no plugin is installed, so none is out of date" },
  force: { type: "boolean", about: "changes nothing here" },
} as const satisfies Flags;

export const init: Command = {
  usage: "init [flags] TEMPLATE",
  about:
    "Checks that everything a template requires is here, for scripts that were written for Packer. There is nothing to\n" +
    "install: builder, provisioners, post-processors and data sources are built in.",
  flags: flagSpecs,
  examples: ["outscale-chroot init web.pkr.hcl"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    const { plugins } = await inspect(templateInput(templateArgument(positionals), flags, io.env));
    const names = plugins.map(({ name }) => name).join(", ");
    io.stdout.write(`Nothing to install${names && `: what ${names} gives is built in`}.\n`);
    return ExitCode.Success;
  },
};
