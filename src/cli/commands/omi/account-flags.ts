import type { OmisInput } from "../../../bake/omis/open-omis.ts";
import type { DebugLog } from "../../../common/log.ts";
import type { Io } from "../../../terminal/io.ts";
import type { Flags, FlagValues } from "../../flags.ts";
import { noticeTeller } from "../../output/notice-teller.ts";
import { tellRetries } from "../../output/tell-retries.ts";

/** Whose OMIs are meant. */
export const accountFlags = {
  profile: { type: "string", value: "NAME", about: "a profile with the credentials of the account" },
  local: { type: "boolean", about: "the OMIs of the embedded local cloud" },
  "local-state": { type: "string", value: "FOLDER", needs: "local", about: "where that local cloud lies" },
  state: { type: "string", value: "FOLDER", about: "the state folder; by default the one that builds use" },
  json: { type: "boolean", about: "prints JSON" },
  log: { type: "string", value: "FILE", about: "writes API calls and journal entries to this file" },
} as const satisfies Flags;

export function omisInput(flags: FlagValues<typeof accountFlags>, io: Io, log: DebugLog): OmisInput {
  const { "local-state": stateFolder } = flags;
  const local = stateFolder === undefined ? true : { stateFolder };
  return {
    profile: flags.profile,
    local: flags.local ? local : undefined,
    stateFolder: flags.state,
    onRetry: tellRetries(io),
    onNotice: noticeTeller(io),
    log,
    env: io.env,
  };
}
