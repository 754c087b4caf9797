import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { AuthError } from "../common/errors.ts";
import { schemaProblems } from "../common/schema-problems.ts";

const text = z.string().optional();

/** One profile of the configuration file that OUTSCALE's tools share (osc-config-spec); other keys are ignored. */
const Profile = z.object({
  access_key: text,
  secret_key: text,
  access_key_v2: text,
  secret_key_v2: text,
  x509_client_cert: text,
  x509_client_key: text,
  x509_client_cert_b64: text,
  x509_client_key_b64: text,
  tls_skip_verify: z.boolean().optional(),
  login: text,
  password: text,
  protocol: text,
  region: text,
  endpoints: z.object({ api: text, oos: text }).optional(),
});
export type Profile = z.infer<typeof Profile>;

/** Where the profiles are: `OSC_CONFIG_FILE`, or `.osc/config.json` in the home folder. */
export function profilePath(env: NodeJS.ProcessEnv, homeDir: string): string {
  return env.OSC_CONFIG_FILE || join(homeDir, ".osc", "config.json");
}

/** Whether the file is there, and has a profile of that name. */
export function hasProfile(name: string, path: string): boolean {
  return existsSync(path) && Object.hasOwn(readProfiles(name, path), name);
}

/**
 * Reads one profile.
 *
 * @throws {AuthError} when the file or the profile is missing or not as it should be
 */
export function readProfile(name: string, path: string): Profile {
  const profiles = readProfiles(name, path);
  if (!Object.hasOwn(profiles, name)) {
    const names = Object.keys(profiles).map((each) => `"${each}"`);
    const hint = names.length > 0 ? `it has ${names.join(", ")}` : "it has none";
    throw new AuthError(`The file "${path}" has no profile "${name}"`, { hint });
  }
  const profile = Profile.safeParse(profiles[name]);
  if (profile.success) return profile.data;
  const problems = schemaProblems(profile.error, "it");
  throw new AuthError(`Cannot use the profile "${name}" of "${path}": ${problems.join("; ")}`);
}

function readProfiles(name: string, path: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    const hint = "OSC_CONFIG_FILE names another file; without profile the environment is used";
    // A syntax error quotes the text around it, which may be a secret.
    const cause = error instanceof Error && "code" in error ? error : new Error("it is not a JSON object of profiles");
    throw new AuthError(`Cannot read the profile "${name}" from "${path}"`, { cause, hint });
  }
}
