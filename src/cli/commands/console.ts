import { openTemplateConsole } from "../../bake/open-console.ts";
import { ChrootError, ExitCode, UsageError } from "../../common/errors.ts";
import { version } from "../../common/version.ts";
import type { TemplateConsole, TextStyle } from "../../template/console.ts";
import { openFunctionConsole } from "../../template/function-console.ts";
import { hasColor } from "../../terminal/color.ts";
import type { Io } from "../../terminal/io.ts";
import type { Command } from "../command.ts";
import { type Flags, type FlagValues, parseFlags } from "../flags.ts";
import { errorText, exitCodeOf } from "../output/error-text.ts";
import { noticeTeller } from "../output/notice-teller.ts";
import { tellRetries } from "../output/tell-retries.ts";
import { templateArgument, templateFlags, templateInput } from "../template-flags.ts";

const flagSpecs = {
  var: templateFlags.var,
  "var-file": templateFlags["var-file"],
  "use-sequential-evaluation": templateFlags["use-sequential-evaluation"],
  "ignore-prerelease-plugins": templateFlags["ignore-prerelease-plugins"],
  literal: { type: "boolean", about: "prints texts as literals: in quotes, with escapes" },
  "evaluate-datasources": { type: "boolean", about: "reads data sources from the account" },
} as const satisfies Flags;

const HELP = `An expression shows its value: var.name, upper("a"), [for n in range(3) : n * n]
In the console of a JSON template a line is a text: {{ user "name" }}

variables  lists variables and locals with their values
help       shows this
exit       ends the console, as Ctrl-D does; Tab completes names, arrows recall lines
`;

export const consoleCommand: Command = {
  usage: "console [flags] [TEMPLATE]",
  about:
    "Evaluates expressions, line by line, with the variables, locals and functions of a template; without one, with the\n" +
    "functions alone. A text is printed as it is. From a pipe it prints a value per line, and ends with the code of the first line that failed.",
  flags: flagSpecs,
  examples: [
    "outscale-chroot console web.pkr.hcl",
    "outscale-chroot console -var omi_name=web web.pkr.hcl < expressions.txt",
  ],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    const template = await open(positionals, flags, io);
    if (io.stdin.isTerminal) io.stdout.write(`outscale-chroot ${version}: "help" lists what there is.\n`);
    const words = [...template.names, "variables", "help", "exit"];
    const failures: number[] = [];
    for await (const line of io.stdin.lines({ text: "> ", words })) {
      const expression = line.trim();
      if (expression === "exit") break;
      const code = answer(expression, { template, texts: flags.literal ? "literal" : "raw", io });
      if (code !== ExitCode.Success) failures.push(code);
    }
    return io.stdin.isTerminal ? ExitCode.Success : (failures[0] ?? ExitCode.Success);
  },
};

/** @throws {UsageError} when what only a template has is asked for, and none is given */
async function open(
  positionals: readonly string[],
  flags: FlagValues<typeof flagSpecs>,
  io: Io,
): Promise<TemplateConsole> {
  if (positionals.length > 0) {
    const input = templateInput(templateArgument(positionals), flags, io.env);
    return openTemplateConsole({
      ...input,
      readDataSources: flags["evaluate-datasources"] === true,
      onRetry: tellRetries(io),
      onNotice: noticeTeller(io),
    });
  }
  const hint = "outscale-chroot console TEMPLATE";
  if (flags["evaluate-datasources"])
    throw new UsageError("-evaluate-datasources needs a template that has some", { hint });
  if (flags.var.length === 0 && flags["var-file"].length === 0) return openFunctionConsole(io.env);
  throw new UsageError("Variables need a template that declares them", { hint });
}

interface AnswerInput {
  readonly template: TemplateConsole;
  readonly texts: TextStyle;
  readonly io: Io;
}

/** Prints what a line asks for. @returns the exit code of its failure, or success */
function answer(expression: string, { template, texts, io }: AnswerInput): number {
  try {
    if (expression === "help") io.stdout.write(HELP);
    else if (expression === "variables") io.stdout.writeExact(template.listVariables());
    else if (expression !== "") io.stdout.writeExact(`${template.evaluate(expression, texts)}\n`);
    return ExitCode.Success;
  } catch (error) {
    if (!(error instanceof ChrootError)) throw error;
    io.stderr.write(errorText(error, { color: hasColor(undefined, io.stderr, io.env) }));
    return exitCodeOf(error);
  }
}
