import { ExitCode } from "../../../common/errors.ts";
import type { FleetWatch } from "../../../fleet/watch/fleet-watch.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlagsAlone } from "../../flags.ts";
import { fleetFlags } from "../../fleet-flags.ts";
import { writeJson } from "../../output/json-report.ts";
import { tableText } from "../../output/table.ts";
import { openWatch } from "./open-watch.ts";

const flagSpecs = { ...fleetFlags, json: { type: "boolean", about: "prints them as JSON" } } as const satisfies Flags;

interface ListParts<Row extends object> {
  readonly name: string;
  /** Of the JSON: the name by default. */
  readonly key?: string;
  readonly about: string;
  readonly head: readonly string[];
  /** What is said where there is none. */
  readonly none: string;
  readonly read: (fleet: FleetWatch) => Promise<readonly Row[]>;
  readonly cells: (row: Row) => readonly string[];
}

/** An action that lists something, as a table or as JSON. */
export function listAction<Row extends object>({
  name,
  key = name,
  about,
  head,
  none,
  read,
  cells,
}: ListParts<Row>): Command {
  return {
    usage: `fleet ${name} [flags]`,
    about,
    flags: flagSpecs,
    examples: [`outscale-chroot fleet ${name}`, `outscale-chroot fleet ${name} -json`],
    async run({ argv, io }) {
      const flags = parseFlagsAlone(flagSpecs, argv);
      await using fleet = await openWatch(flags, io.env);
      const rows = await read(fleet);
      if (flags.json) writeJson(io.stdout, { [key]: rows });
      else io.stdout.write(rows.length === 0 ? `${none}\n` : tableText(head, rows.map(cells)));
      return ExitCode.Success;
    },
  };
}

/** A time for a table. */
export const utc = (ms: number) =>
  new Date(ms)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "");

export const status = listAction({
  name: "status",
  key: "queues",
  about: "Tells of each queue how many workers it has, and how many builds run and wait.",
  head: ["QUEUE", "WORKERS", "SLOTS", "RUNNING", "WAITING"],
  none: "There are no queues: no worker was ever there",
  read: (fleet) => fleet.queues(),
  cells: ({ queue, workers, slots, running, waiting }) => [queue, ...[workers, slots, running, waiting].map(String)],
});

export const workers = listAction({
  name: "workers",
  about: "Lists the workers that have been heard of in the last minute.",
  head: ["WORKER", "HOST", "QUEUE", "VM", "VERSION", "SLOTS", "BUILDS"],
  none: "There are no workers",
  read: (fleet) => fleet.workers(),
  cells: ({ id, host, queue, vmId, version, slots, jobs, isDraining }) => {
    return [id, host, queue, vmId ?? "", version, String(slots), `${jobs.length}${isDraining ? ", draining" : ""}`];
  },
});

export const builds = listAction({
  name: "builds",
  about: "Lists the builds that run, wait or have ended in the last week, newest first.",
  head: ["ID", "SUBMITTED (UTC)", "BUILD", "BY", "GROUP", "STATE", "ATTEMPTS", "WORKER", "OMI OR ERROR"],
  none: "There are no builds",
  read: (fleet) => fleet.builds(),
  cells: ({ id, submittedAt, build, submitter, group, state, attempts, mostAttempts, worker, artifactId, error }) => {
    const standing = [state, `${attempts} of ${mostAttempts}`, worker ?? "", artifactId ?? error ?? ""];
    return [id, utc(submittedAt), build, submitter, group ?? "", ...standing];
  },
});
