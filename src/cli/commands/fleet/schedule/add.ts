import { basename } from "node:path";
import { ExitCode, UsageError } from "../../../../common/errors.ts";
import { noLog } from "../../../../common/log.ts";
import { buildFlags } from "../../../build-flags.ts";
import type { Command } from "../../../command.ts";
import { type Flags, parseFlags } from "../../../flags.ts";
import { fleetFlags, queueUrl, submitFlags } from "../../../fleet-flags.ts";
import { openOnFleet } from "../../../open-builds.ts";
import { writeJson } from "../../../output/json-report.ts";
import { templateArgument, templateFlags } from "../../../template-flags.ts";
import { lifeEnd } from "./life-end.ts";

const SHOWN = 3;

const flagSpecs = {
  cron: {
    type: "string",
    value: "TEXT",
    about: 'when: minute, hour, day, month, day of the week, such as "0 3 * * *"',
  },
  tz: { type: "string", value: "ZONE", about: "the time zone, such as Europe/Paris; UTC by default" },
  until: { type: "string", value: "DATE", about: "the last day, such as 2027-01-31; a year at most, and by default" },
  name: {
    type: "string",
    value: "NAME",
    about: "its name; the template's by default. To replace a schedule, give its name",
  },
  ...submitFlags,
  ...fleetFlags,
  ...templateFlags,
  "skip-unchanged": buildFlags["skip-unchanged"],
  "max-age": buildFlags["max-age"],
  force: buildFlags.force,
  "on-error": buildFlags["on-error"],
  "boot-test": buildFlags["boot-test"],
  history: buildFlags.history,
  json: { type: "boolean", about: "prints what was scheduled as JSON" },
} as const satisfies Flags;

export const add: Command = {
  usage: "fleet schedule add [flags] TEMPLATE",
  about:
    "Lets workers bake a template at set times, with the files and variables that it has now. timestamp() is the time it is due.\n" +
    "Times at which no worker was there are made up for once. Post-processors need a submitter, and do not run.",
  flags: flagSpecs,
  examples: [
    'outscale-chroot fleet schedule add -cron "0 3 * * *" -tz Europe/Paris -skip-unchanged web.pkr.hcl',
    'outscale-chroot fleet schedule add -cron "30 1 * * mon-fri" -name nightly -until 2027-06-30 web.pkr.hcl',
  ],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    const path = templateArgument(positionals);
    if (flags.cron === undefined) throw new UsageError("-cron is not given", { hint: '-cron "0 3 * * *"' });
    const { Cron } = await import("../../../../fleet/schedule/cron.ts");
    const { checkName } = await import("../../../../fleet/queue/place.ts");
    const cron = new Cron(flags.cron, flags.tz ?? "UTC");
    const now = Date.now();
    const until = lifeEnd(flags.until, now);
    const next = cron.next(now, { count: SHOWN, until });
    if (next.length === 0)
      throw new UsageError(`-cron "${flags.cron}" does not come before ${new Date(until).toISOString()}`);
    const name = checkName("name", flags.name ?? nameOf(path));
    const input = { path, flags: { ...flags, queue: await queueUrl(flags, io.env) }, parallel: 0, io, log: noLog };
    await using opened = await openOnFleet(input);
    for (const warning of opened.warnings) io.stderr.write(`Warning: ${warning}\n`);
    const say = (message: string) => io.stderr.write(`${message}\n`);
    const added = await opened.schedule({ name, cron, until, mayReplace: flags.name !== undefined }, say);
    for (const build of added.withPostProcessors)
      io.stderr.write(`Warning: ${build} has post-processors, which do not run: a schedule has no submitter\n`);
    const { queue, isReplaced } = added;
    if (flags.json)
      writeJson(io, {
        name,
        queue,
        cron: cron.text,
        zone: cron.zone,
        until,
        next,
        isReplaced,
        builds: opened.names,
      });
    else {
      const verb = isReplaced ? "is replaced" : "is added";
      io.stdout.write(`The schedule ${name} of ${queue} ${verb}: ${opened.names.join(", ")}\n`);
      for (const time of next) io.stdout.write(`  ${cron.show(time)}\n`);
      io.stdout.write(`and so on until ${cron.show(until)}\n`);
    }
    return ExitCode.Success;
  },
};

/** `web` for `images/web.pkr.hcl`. */
function nameOf(path: string): string {
  const stem = basename(path).replace(/\.(?:pkr\.hcl|pkr\.json|json)$/, "");
  const name = stem
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return name.slice(0, 40) || "schedule";
}
