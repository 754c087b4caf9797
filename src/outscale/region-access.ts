import { homedir } from "node:os";
import { AuthError } from "../common/errors.ts";
import { type ResolvedAccess, resolveAccess } from "./credentials.ts";
import { regionOfEndpoint } from "./endpoint.ts";
import { hasProfile, profilePath, readProfile } from "./profile.ts";

/** Which region is meant, and whose credentials. */
export interface RegionAccessInput {
  readonly region: string;
  /** A profile of the configuration file; without one, see {@link resolveRegionAccess}. */
  readonly profile?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Where `.osc/config.json` is looked for; by default the user's own. */
  readonly homeDir?: string | undefined;
}

/**
 * Finds the credentials of an account in another region, as an account belongs to one: the profile that is named, or the
 * variables of the region (`OSC_ACCESS_KEY_US_EAST_2`, `OSC_SECRET_KEY_US_EAST_2` and any other with that ending), or the
 * profile that is named like the region. What the environment says of the region at home counts for no other.
 *
 * @throws {AuthError} when there are none, or they are another region's, or an endpoint is
 */
export async function resolveRegionAccess(input: RegionAccessInput): Promise<ResolvedAccess> {
  const { region, homeDir = homedir() } = input;
  const env = environmentOf(region, input.env);
  const path = profilePath(env, homeDir);
  const named = input.profile ?? (env.OSC_ACCESS_KEY || !hasProfile(region, path) ? undefined : region);
  if (named === undefined && !env.OSC_ACCESS_KEY) throw noCredentials(region, path);
  requireKeys({ region, named, path, env });
  const resolved = await resolveAccess({ template: { profile: named }, env, homeDir });
  const { access } = resolved;
  if (access.region !== region) {
    throw new AuthError(`The profile "${named}" is of ${access.region}, and not of ${region}`, {
      hint: `Name a profile of ${region}: an access key is good in one region only`,
    });
  }
  requireEndpoints({ region, named, path, env });
  return resolved;
}

/** The ending of variables that are about a region: `_US_EAST_2`. */
function endingOf(region: string): string {
  return `_${region.toUpperCase().replaceAll("-", "_")}`;
}

/** The environment as if the region was the one at home. */
function environmentOf(region: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ending = endingOf(region);
  const own = Object.entries(env).filter(([name]) => name.startsWith("OSC_") && name.endsWith(ending));
  return {
    OSC_CONFIG_FILE: env.OSC_CONFIG_FILE,
    ...Object.fromEntries(own.map(([name, value]) => [name.slice(0, -ending.length), value])),
    OSC_REGION: region,
  };
}

interface FoundFor {
  readonly region: string;
  readonly named: string | undefined;
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

/** @throws {AuthError} for half of a pair, in the names that the variables of a region have */
function requireKeys({ region, named, path, env }: FoundFor): void {
  const profile = named === undefined ? {} : readProfile(named, path);
  const keys = [
    ["access_key", profile.access_key || env.OSC_ACCESS_KEY],
    ["secret_key", profile.secret_key || env.OSC_SECRET_KEY],
  ] as const;
  const missing = keys.flatMap(([field, value]) => (value ? [] : [field]));
  if (missing.length === 0) return;
  const what = missing.map((field) => field.replace("_", " ")).join(" and no ");
  const variables = missing.map((field) => `OSC_${field.toUpperCase()}${endingOf(region)}`).join(" and ");
  const where = named === undefined ? "the environment" : `the profile "${named}" of "${path}"`;
  const ways = named === undefined ? [] : [`Add ${missing.join(" and ")} to the profile`];
  throw new AuthError(`The credentials for ${region}, which come from ${where}, have no ${what}`, {
    hint: [...ways, `${named === undefined ? "Export" : "export"} ${variables}`].join(", or "),
  });
}

/** @throws {AuthError} for an endpoint of OUTSCALE's own that is another region's: there, the keys would be refused */
function requireEndpoints({ region, named, path, env }: FoundFor): void {
  const { endpoints } = named === undefined ? {} : readProfile(named, path);
  const all = [
    { field: "api", variable: "OSC_ENDPOINT_API", regionOf: regionOfEndpoint },
    { field: "oos", variable: "OSC_ENDPOINT_OOS", regionOf: regionOfStorage },
  ] as const;
  for (const { field, variable, regionOf } of all) {
    const ofProfile = endpoints?.[field];
    const given = ofProfile || env[variable] || "";
    const other = regionOf(/^https?:/i.test(given) ? given : `https://${given}`);
    if (other === undefined || other === region) continue;
    const where = ofProfile ? `endpoints.${field} of the profile "${named}"` : variable + endingOf(region);
    throw new AuthError(`${where} is an endpoint of ${other}, and not of ${region}: "${given}"`, {
      hint: `Give that of ${region}, or leave it out: then the region's own is used`,
    });
  }
}

function regionOfStorage(endpoint: string): string | undefined {
  return /^https?:\/\/oos\.([a-z0-9-]+)\.outscale\.com(?:[:/]|$)/i.exec(endpoint)?.[1]?.toLowerCase();
}

function noCredentials(region: string, path: string): AuthError {
  const [key, secret] = ["OSC_ACCESS_KEY", "OSC_SECRET_KEY"].map((name) => name + endingOf(region));
  return new AuthError(`There are no credentials for ${region}: an access key is good in one region only`, {
    hint: `Add a profile "${region}" to "${path}", name another profile for it, or export ${key} and ${secret}`,
  });
}
