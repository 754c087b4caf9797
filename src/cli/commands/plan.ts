import { plan as planBuilds } from "../../bake/plan/plan-builds.ts";
import { ExitCode } from "../../common/errors.ts";
import { withoutControls } from "../../common/without-controls.ts";
import { openDebugLog } from "../../terminal/debug-log.ts";
import { writeJsonText, writeShown } from "../ci/harmless-io.ts";
import type { Command } from "../command.ts";
import { type Flags, parseFlags } from "../flags.ts";
import { noticeTeller } from "../output/notice-teller.ts";
import { planText } from "../output/plan-text.ts";
import { shownText } from "../output/shown-text.ts";
import { tellRetries } from "../output/tell-retries.ts";
import { templateArgument, templateFlags, templateInput } from "../template-flags.ts";

const flagSpecs = {
  ...templateFlags,
  online: { type: "boolean", about: "looks into the account: source OMI, name, copy; changes nothing" },
  force: { type: "boolean", about: "plans the replacement of OMIs that have the same name" },
  "boot-test": { type: "boolean", about: "plans a boot test, as build -boot-test has one" },
  "skip-unchanged": {
    type: "boolean",
    about: "plans a build -skip-unchanged, and names what has changed since the last one on this machine",
  },
  json: { type: "boolean", about: "prints the plans as JSON" },
  log: { type: "string", value: "FILE", about: "writes API calls to this file" },
} as const satisfies Flags;

export const plan: Command = {
  usage: "plan [flags] TEMPLATE",
  about:
    "Shows what a build would do, step by step, with resolved options, the requests that it would send and the resources\n" +
    "that it would make. It changes nothing, needs no root, and needs the network only with -online.",
  flags: flagSpecs,
  examples: ["outscale-chroot plan examples/quickstart.pkr.hcl", "outscale-chroot plan -online -json web.pkr.hcl"],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    const path = templateArgument(positionals);
    using log = openDebugLog(flags.log, io);
    const { plans, warnings } = await planBuilds({
      ...templateInput(path, flags, io.env),
      online: flags.online === true,
      force: flags.force === true,
      bootTest: flags["boot-test"] === true,
      skipUnchanged: flags["skip-unchanged"],
      log,
      onRetry: tellRetries(io),
      onNotice: noticeTeller(io),
    });
    for (const warning of warnings) io.stderr.write(`Warning: ${shownText(warning)}\n`);
    // Options are shown or hidden by their marks.
    if (flags.json) writeJsonText(io, `${JSON.stringify({ plans }, null, 2)}\n`);
    else writeShown(io, withoutControls(plans.map(planText).join("\n")));
    return ExitCode.Success;
  },
};
