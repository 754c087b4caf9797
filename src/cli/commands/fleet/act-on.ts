import { ExitCode, UsageError } from "../../../common/errors.ts";
import type { FleetWatch } from "../../../fleet/watch/fleet-watch.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlags } from "../../flags.ts";
import { fleetFlags } from "../../fleet-flags.ts";
import { writeJson } from "../../output/json-report.ts";
import { openWatch } from "./open-watch.ts";

const flagSpecs = {
  ...fleetFlags,
  json: { type: "boolean", about: "prints what was done as JSON" },
} as const satisfies Flags;

interface ActParts {
  readonly name: string;
  /** What it is done to, as the usage has it. */
  readonly what: string;
  readonly about: string;
  readonly example: string;
  /** @returns what is said, and what programs are told */
  readonly act: (fleet: FleetWatch, id: string) => Promise<{ readonly text: string; readonly json: object }>;
}

/** An action on one build, worker or schedule. */
export function actOn({ name, what, about, example, act }: ActParts): Command {
  return {
    usage: `fleet ${name} [flags] ${what}`,
    about,
    flags: flagSpecs,
    examples: [`outscale-chroot fleet ${name} ${example}`],
    async run({ argv, io }) {
      const { flags, positionals } = parseFlags(flagSpecs, argv);
      const [id, ...others] = positionals;
      if (id === undefined || others.length > 0)
        throw new UsageError(`fleet ${name} takes one ${what}`, {
          hint: `outscale-chroot fleet ${name} ${example}`,
        });
      await using fleet = await openWatch(flags, io.env);
      const { text, json } = await act(fleet, id);
      if (flags.json) writeJson(io, json);
      else io.stdout.write(`${text}\n`);
      return ExitCode.Success;
    },
  };
}
