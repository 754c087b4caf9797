import { secrets } from "../common/secrets.ts";
import { proxyPasswords } from "./proxy.ts";

/** Variables whose values are secret; the paths of certificate files are not. */
const SECRET_NAME = /^(OSC|OUTSCALE)_.*(KEY|KEYID|SECRET|PASSWORD|LOGIN|TOKEN|_B64|_V2)$/;
const PATH_NAME = /X509(_CLIENT)?_?(KEY|CERT)$/i;
const PROXY_NAME = /^(https?|ftp|all)_proxy$/i;

/** Registers the credentials of the environment before anything is read, and so before anything can be said of them. */
export function maskEnvironment(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(env)) {
    if (SECRET_NAME.test(name) && !PATH_NAME.test(name)) secrets.add(value);
    if (PROXY_NAME.test(name)) for (const password of proxyPasswords(value)) secrets.add(password);
  }
}
