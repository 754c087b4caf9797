import { readAccountFacts } from "../../bake/account-facts.ts";
import { loadBuilds } from "../../bake/load-builds.ts";
import { makePlan } from "../../bake/plan/make-plan.ts";
import type { Plan } from "../../bake/plan/plan.ts";
import { prepareBuilds } from "../../bake/prepare-builds.ts";
import { dataReader } from "../../bake/read-data-source.ts";
import { withoutUnknown } from "../../bake/unread-data.ts";
import { ConfigError, ExitCode } from "../../common/errors.ts";
import { resolveRegion } from "../../outscale/credentials.ts";
import { openDebugLog } from "../../terminal/debug-log.ts";
import { templateArgument } from "../build-flags.ts";
import type { Command } from "../command.ts";
import { type Flags, parseFlags } from "../flags.ts";
import { maskedJson } from "../output/json-report.ts";
import { planText } from "../output/plan-text.ts";
import { templateFlags } from "../template-flags.ts";

const flagSpecs = {
  ...templateFlags,
  online: { type: "boolean", about: "looks into the account: source OMI, name, copy; changes nothing" },
  force: { type: "boolean", about: "plans the replacement of OMIs that have the same name" },
  "boot-test": { type: "boolean", about: "plans a boot test, as build -boot-test has one" },
  json: { type: "boolean", about: "prints the plans as JSON" },
  log: { type: "string", value: "FILE", about: "writes API calls there" },
} as const satisfies Flags;

export const plan: Command = {
  usage: "plan [flags] TEMPLATE",
  about:
    "Tells what a build would do, step by step, with resolved options, the requests that it would send and the resources\n" +
    "that it would make. Touches nothing, and needs neither root nor, without -online, the network.",
  flags: flagSpecs,
  examples: ["outscale-chroot plan examples/quickstart.pkr.hcl", "outscale-chroot plan -online -json web.pkr.hcl"],
  async run({ argv, io: { env, stdout, stderr }, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    const path = templateArgument(positionals);
    using log = openDebugLog(flags.log, io);
    const template = await loadBuilds(path, flags, env, flags.online ? dataReader({ env, log }) : undefined);
    const { builds, sensitiveValues, warnings } = template;
    const settings = { debug: false, force: flags.force === true, onError: "cleanup", override: {} };
    const builder = { env, log, templatePath: path };
    const bootTest = flags["boot-test"] === true;
    const plans: Plan[] = [];
    try {
      for (const build of prepareBuilds(builds, { ...settings, bootTest, builder })) {
        const { config } = build.prepared;
        const facts = flags.online ? await readAccountFacts(build.prepared, { env, log }) : undefined;
        plans.push(makePlan({ build, region: facts?.region ?? resolveRegion(config, env), facts, sensitiveValues }));
      }
    } catch (error) {
      throw error instanceof ConfigError && !flags.online ? sayUnread(error, builds) : error;
    }
    for (const warning of warnings) stderr.write(`Warning: ${warning}\n`);
    stdout.write(flags.json ? `${maskedJson({ plans }, 2)}\n` : plans.map(planText).join("\n"));
    return ExitCode.Success;
  },
};

/** Problems of options that come from a data source are none yet: it has to be read. */
function sayUnread(error: ConfigError, builds: Parameters<typeof withoutUnknown>[1]): ConfigError {
  const { error: known, unknownOptions } = withoutUnknown(error, builds);
  if (known !== undefined || unknownOptions.length === 0) return known ?? error;
  const hint = "plan -online reads it";
  return new ConfigError(unknownOptions.map((option) => ({ option, message: "comes from a data source", hint })));
}
