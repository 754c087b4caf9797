import { inspect as inspectTemplate } from "../../bake/inspect.ts";
import { ExitCode } from "../../common/errors.ts";
import { TemplateError } from "../../hcl/source/diagnostic.ts";
import { diagnosticJson } from "../../hcl/source/print-diagnostic.ts";
import { writeJsonText, writeShown } from "../ci/harmless-io.ts";
import type { Command } from "../command.ts";
import { type Flags, parseFlags } from "../flags.ts";
import { inspectText } from "../output/inspect-text.ts";
import { templateArgument, templateFlags, templateInput } from "../template-flags.ts";

const flagSpecs = {
  var: templateFlags.var,
  "var-file": templateFlags["var-file"],
  "use-sequential-evaluation": templateFlags["use-sequential-evaluation"],
  "ignore-prerelease-plugins": templateFlags["ignore-prerelease-plugins"],
  json: { type: "boolean", about: "prints it as JSON" },
} as const satisfies Flags;

export const inspect: Command = {
  usage: "inspect [flags] TEMPLATE",
  about:
    "Shows what is in a template: its variables with their values, locals, data sources, sources and builds.\n" +
    "Variables need not be set. Sensitive values are not shown, and only files are read.\n" +
    "A value that cannot be computed does not hide the rest: it is named at the end, and changes the exit code.",
  flags: flagSpecs,
  examples: ["outscale-chroot inspect web.pkr.hcl", "outscale-chroot inspect -json -var omi_name=web web.pkr.hcl"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    const description = await inspectTemplate(templateInput(templateArgument(positionals), flags, io.env));
    const { problems } = description;
    const document = { ...description, problems: problems.map(diagnosticJson) };
    // Its values are shown or hidden by their marks.
    if (flags.json) writeJsonText(io, `${JSON.stringify(document, null, 2)}\n`);
    else writeShown(io, inspectText(description));
    if (problems.length > 0) throw new TemplateError(problems);
    return ExitCode.Success;
  },
};
