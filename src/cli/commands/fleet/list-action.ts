import { ExitCode } from "../../../common/errors.ts";
import type { FleetWatch } from "../../../fleet/watch/fleet-watch.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlagsAlone } from "../../flags.ts";
import { fleetFlags } from "../../fleet-flags.ts";
import { writeJson } from "../../output/json-report.ts";
import { tableText } from "../../output/table.ts";
import { openWatch } from "./open-watch.ts";

const flagSpecs = { ...fleetFlags, json: { type: "boolean", about: "prints them as JSON" } } as const satisfies Flags;

/** A list that has an end before its last row. */
interface CutList<Row> {
  readonly rows: readonly Row[];
  /** How many there are besides. */
  readonly more: number;
}

interface ListParts<Row extends object> {
  readonly name: string;
  /** Of the JSON: the name by default. */
  readonly key?: string;
  readonly about: string;
  readonly head: readonly string[];
  /** What is said where there is none. */
  readonly none: string;
  readonly read: (fleet: FleetWatch) => Promise<readonly Row[] | CutList<Row>>;
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
      const list = await read(fleet);
      const { rows, more } = "rows" in list ? list : { rows: list, more: 0 };
      if (flags.json) writeJson(io, { [key]: rows });
      else io.stdout.write(rows.length === 0 ? `${none}\n` : tableText(head, rows.map(cells)));
      if (more > 0) io.stderr.write(`The list is cut off: there are about ${more} more\n`);
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
