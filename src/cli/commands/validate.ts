import { validate as validateTemplate } from "../../bake/validate.ts";
import { ExitCode, UsageError } from "../../common/errors.ts";
import type { DebugLog } from "../../common/log.ts";
import { openDebugLog } from "../../terminal/debug-log.ts";
import { writeJsonText } from "../ci/harmless-io.ts";
import type { Command } from "../command.ts";
import { type Flags, type FlagValues, parseFlags } from "../flags.ts";
import { validationJson } from "../output/diagnostics-json.ts";
import { noticeTeller } from "../output/notice-teller.ts";
import { tellRetries } from "../output/tell-retries.ts";
import { templateArgument, templateFlags, templateInput } from "../template-flags.ts";

const { "warn-on-undeclared-var": _, ...readingFlags } = templateFlags;

const flagSpecs = {
  ...readingFlags,
  "warn-undeclared-var": {
    type: "boolean",
    about:
      "warns about values in files for variables that are not declared, which is the default; -no-warn-undeclared-var does not",
  },
  "syntax-only": { type: "boolean", about: "reads the template, but needs no variables and checks no options" },
  "evaluate-datasources": { type: "boolean", about: "reads data sources from the account, and checks what they give" },
  "check-account": {
    type: "boolean",
    about: "looks into the account as a build would: credentials, source OMI, whether the name is free",
  },
  json: { type: "boolean", about: "prints every problem with its place, as JSON" },
  log: { type: "string", value: "FILE", about: "writes API calls to this file" },
} as const satisfies Flags;

type ValidateFlags = FlagValues<typeof flagSpecs>;

interface ValidateInput {
  readonly path: string;
  readonly flags: ValidateFlags;
  readonly env: NodeJS.ProcessEnv;
  readonly log: DebugLog;
  readonly onRetry: (message: string) => void;
  readonly onNotice: (message: string) => void;
}

export const validate: Command = {
  usage: "validate [flags] TEMPLATE",
  about:
    "Checks a template and the options of its builds, without building anything. Without -evaluate-datasources and\n" +
    "-check-account it needs no network.",
  flags: flagSpecs,
  examples: [
    "outscale-chroot validate -var omi_name=web web.pkr.hcl",
    "outscale-chroot validate -check-account -json web.pkr.hcl",
  ],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    const path = templateArgument(positionals);
    // Packer passes over -evaluate-datasources here, and so do we.
    if (flags["syntax-only"] && flags["check-account"])
      throw new UsageError("-check-account looks at more than -syntax-only lets it: give one of them");
    using log = openDebugLog(flags.log, io);
    try {
      const warnings = await check({
        path,
        flags,
        env: io.env,
        log,
        onRetry: tellRetries(io),
        onNotice: noticeTeller(io),
      });
      if (flags.json) writeJsonText(io, validationJson(warnings));
      else io.stdout.write(`The ${flags["syntax-only"] ? "syntax of the template" : "configuration"} is valid.\n`);
      if (!flags.json) for (const warning of warnings) io.stderr.write(`Warning: ${warning}\n`);
      return ExitCode.Success;
    } catch (error) {
      if (flags.json) writeJsonText(io, validationJson([], error));
      throw error;
    }
  },
};

/** @returns the warnings @throws {ChrootError} with what is wrong */
async function check({ path, flags, env, log, onRetry, onNotice }: ValidateInput): Promise<readonly string[]> {
  const { warnings, uncheckedOptions } = await validateTemplate({
    ...templateInput(path, flags, env),
    warnUndeclared: flags["warn-undeclared-var"] ?? true,
    syntaxOnly: flags["syntax-only"] === true,
    readDataSources: flags["evaluate-datasources"] === true,
    checkAccount: flags["check-account"] === true,
    log,
    onRetry,
    onNotice,
  });
  const unchecked = uncheckedOptions.map((name) => {
    return `${name} comes from a data source, and was not checked: -evaluate-datasources reads it`;
  });
  return [...warnings, ...unchecked];
}
