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

/** An action on one build or worker. */
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
        throw new UsageError(`fleet ${name} takes one ${what}`, { hint: example });
      await using fleet = await openWatch(flags, io.env);
      const { text, json } = await act(fleet, id);
      if (flags.json) writeJson(io.stdout, json);
      else io.stdout.write(`${text}\n`);
      return ExitCode.Success;
    },
  };
}

export const cancel = actOn({
  name: "cancel",
  what: "BUILD",
  about: "Cancels a build: one that waits is taken back, one that runs stops at its next safe point and cleans up.",
  example: "0a1b2c3d4e5f6a7b",
  act: async (fleet, id) => {
    const isTakenBack = await fleet.cancel(id);
    const text = isTakenBack
      ? `Build ${id} is taken back`
      : `The worker of build ${id} is told: it stops and cleans up`;
    return { text, json: { id, isTakenBack } };
  },
});

export const retry = actOn({
  name: "retry",
  what: "BUILD",
  about: "Submits a build that has ended once more, with the same files, variables and time, and prints its new id.",
  example: "0a1b2c3d4e5f6a7b",
  act: async (fleet, id) => {
    const again = await fleet.retry(id);
    return { text: again, json: { id: again, retried: id } };
  },
});

export const drain = actOn({
  name: "drain",
  what: "WORKER",
  about: "Lets a worker take no more builds, and end when those that it has are done.",
  example: "w-0a1b2c3d4e5f",
  act: async (fleet, id) => {
    await fleet.drain(id);
    return { text: `The worker ${id} is told`, json: { worker: id } };
  },
});
