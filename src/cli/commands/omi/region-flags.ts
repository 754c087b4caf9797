import type { CopyTo } from "../../../bake/omis/copy-omi.ts";
import { UsageError } from "../../../common/errors.ts";
import type { Flags, FlagValues } from "../../flags.ts";

/** Where copies go, and who may use them there. */
export const regionFlags = {
  to: { type: "strings", isList: true, value: "REGION[,REGION]", about: "the regions that get a copy" },
  "region-profile": {
    type: "strings",
    value: "REGION=NAME",
    about: "a profile with the credentials of the account in a region; needed unless one is named like the region",
  },
  share: {
    type: "strings",
    value: "REGION=ACCOUNT",
    about: "an account of that region that may launch the copy there; may be repeated",
  },
  "share-snapshot": {
    type: "strings",
    value: "REGION=ACCOUNT",
    about: "an account of that region that may create volumes of the copy's root snapshot",
  },
  public: { type: "boolean", about: "everybody may launch the copies" },
  "public-snapshot": { type: "boolean", about: "everybody may create volumes of the copies' root snapshots" },
} as const satisfies Flags;

/** @throws {UsageError} for what is no pair, or names a region that gets no copy */
export function targetsOf(flags: FlagValues<typeof regionFlags>): readonly CopyTo[] {
  const pairs = (name: "region-profile" | "share" | "share-snapshot") => {
    return flags[name].map((text) => pairOf(name, text, flags.to));
  };
  const [profiles, launch, createVolume] = [pairs("region-profile"), pairs("share"), pairs("share-snapshot")];
  return flags.to.map((region) => {
    const of = (all: readonly (readonly [string, string])[]) =>
      all.flatMap(([name, value]) => (name === region ? value : []));
    return {
      region,
      profile: of(profiles)[0],
      launch: { accountIds: requireAccounts(of(launch)), isPublic: flags.public ?? false },
      createVolume: { accountIds: requireAccounts(of(createVolume)), isPublic: flags["public-snapshot"] ?? false },
    };
  });
}

function pairOf(flag: string, text: string, regions: readonly string[]): readonly [string, string] {
  const [, region = "", value = ""] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (region === "") throw new UsageError(`-${flag} must be REGION=VALUE, not "${text}"`);
  if (!regions.includes(region)) throw new UsageError(`-${flag} ${text}: -to does not name ${region}`);
  return [region, value];
}

/** @throws {UsageError} for what is no id of an account */
export function requireAccounts(ids: readonly string[]): readonly string[] {
  const bad = ids.find((id) => !/^\d{12}$/.test(id));
  if (bad !== undefined) throw new UsageError(`"${bad}" is no account: its id has 12 digits`);
  return ids;
}
