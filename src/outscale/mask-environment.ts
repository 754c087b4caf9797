import { credentialsIn } from "../common/credential-variables.ts";
import { secrets } from "../common/secrets.ts";

/** Registers the credentials of the environment before anything is read, and so before anything can be said of them. */
export function maskEnvironment(env: NodeJS.ProcessEnv): void {
  for (const credential of credentialsIn(env)) secrets.add(credential);
}
