import { isCredentialVariable } from "../common/credential-variables.ts";
import { secrets } from "../common/secrets.ts";
import { proxyPasswords } from "./proxy.ts";

const PROXY_NAME = /^(https?|ftp|all)_proxy$/i;

/** Registers the credentials of the environment before anything is read, and so before anything can be said of them. */
export function maskEnvironment(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(env)) {
    if (isCredentialVariable(name)) secrets.add(value);
    if (PROXY_NAME.test(name)) for (const password of proxyPasswords(value)) secrets.add(password);
  }
}
