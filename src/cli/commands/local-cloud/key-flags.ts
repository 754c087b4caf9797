import { UsageError } from "../../../common/errors.ts";
import { type Keys, WELL_KNOWN_KEYS } from "../../../local-cloud/accounts.ts";
import type { Flags, FlagValues } from "../../flags.ts";

/** The environment is seen by nobody else; the arguments of a process are seen by everybody on the machine. */
const ACCESS_KEY = "OUTSCALE_CHROOT_LOCAL_CLOUD_ACCESS_KEY";
const SECRET_KEY = "OUTSCALE_CHROOT_LOCAL_CLOUD_SECRET_KEY";

export const keyFlags = {
  "access-key": { type: "string", value: "KEY", about: `the builder's access key; ${ACCESS_KEY} says so too` },
  "secret-key": {
    type: "string",
    value: "KEY",
    about: `its secret key; ${SECRET_KEY} says so too, and hides it from ps`,
  },
  "well-known-keys": {
    type: "boolean",
    about: "the keys of the documentation instead of random ones; they protect nothing",
  },
} as const satisfies Flags;

/**
 * The keys that were asked for; undefined for random ones, or those that the cloud has.
 * @throws {UsageError} for half a pair, or both kinds
 */
export function keysOf(flags: FlagValues<typeof keyFlags>, env: NodeJS.ProcessEnv): Keys | undefined {
  const accessKey = flags["access-key"] ?? env[ACCESS_KEY];
  const secretKey = flags["secret-key"] ?? env[SECRET_KEY];
  if (flags["well-known-keys"]) {
    if (accessKey === undefined && secretKey === undefined) return WELL_KNOWN_KEYS;
    throw new UsageError("-well-known-keys takes no keys of your own");
  }
  if (accessKey !== undefined && secretKey !== undefined) return { accessKey, secretKey };
  if (accessKey === undefined && secretKey === undefined) return undefined;
  throw new UsageError("Give both an access key and a secret key, or none");
}

/** The keys for a process that we start: not among its arguments. */
export function keyEnvironment(keys: Keys | undefined): NodeJS.ProcessEnv {
  return keys && keys !== WELL_KNOWN_KEYS ? { [ACCESS_KEY]: keys.accessKey, [SECRET_KEY]: keys.secretKey } : {};
}
