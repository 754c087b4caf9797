import { ExitCode } from "../../../common/errors.ts";
import { followCalls, localCloudStatus } from "../../../local-cloud/administer-cloud.ts";
import { maskedJson } from "../../../terminal/masked-json.ts";
import { watchStopSignals } from "../../../terminal/signals.ts";
import type { Command } from "../../command.ts";
import { parseFlagsAlone } from "../../flags.ts";
import { jsonFlag, stateFlag, stateFolderOf } from "./state-flag.ts";

const flagSpecs = { ...stateFlag, ...jsonFlag };

export const trace: Command = {
  usage: "local-cloud trace [flags]",
  about: "Shows the calls that the cloud takes, as they come in: time, action, account, status and code, milliseconds.",
  flags: flagSpecs,
  examples: ["outscale-chroot local-cloud trace", "outscale-chroot local-cloud trace -json"],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(flagSpecs, argv);
    const folder = await stateFolderOf(flags, io.env);
    const { accounts } = await localCloudStatus(folder);
    const roles = new Map(accounts.map(({ id, role }) => [id, role]));
    using wishes = watchStopSignals(io, () => undefined);
    for await (const call of followCalls(folder, AbortSignal.any([wishes.signal, io.stdout.gone]))) {
      const at = new Date(call.atMs).toISOString();
      const account = call.accountId ? (roles.get(call.accountId) ?? call.accountId) : "nobody";
      const outcome = call.status === undefined ? "dropped" : `${call.status}${call.code ? `/${call.code}` : ""}`;
      if (flags.json) io.stdout.write(`${maskedJson({ ...call, at })}\n`);
      else io.stdout.write(`${at} ${call.action.padEnd(16)} ${account.padEnd(8)} ${outcome.padEnd(8)} ${call.ms} ms\n`);
    }
    return ExitCode.Success;
  },
};
