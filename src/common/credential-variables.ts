import { proxyPasswords } from "./proxy-address.ts";

/** Variables whose values are secret; the paths of certificate files are not. */
const SECRET_NAME = /^(OSC|OUTSCALE)_.*(KEY|KEYID|SECRET|PASSWORD|LOGIN|TOKEN|_B64|_V2)$/;
/** Those of another region: `OSC_SECRET_KEY_US_EAST_2`. */
const REGIONAL_NAME = /^OSC_(ACCESS_KEY|SECRET_KEY|PASSWORD|LOGIN|X509_CLIENT_KEY_B64)_[A-Z0-9_]+$/;
const PROXY_NAME = /^(https?|ftp|all)_proxy$/i;
const PATH_NAME = /X509(_CLIENT)?_?(KEY|CERT)$/i;

/** A shorter value occurs in others by chance. */
const TELLING_LENGTH = 8;

/** Does a variable hold a credential of the account: `OSC_SECRET_KEY`, `OUTSCALE_ACCESSKEYID`? */
export function isCredentialVariable(name: string): boolean {
  return (SECRET_NAME.test(name) && !PATH_NAME.test(name)) || REGIONAL_NAME.test(name);
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The credentials in an environment: those of the account, and the passwords of proxies. */
export function credentialsIn(env: Environment): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    if (PROXY_NAME.test(name)) return proxyPasswords(value);
    return value && isCredentialVariable(name) ? [value] : [];
  });
}

/** Tells whether a text is a credential of an environment, or has one in it. */
export function credentialTest(env: Environment): (text: string) => boolean {
  const credentials = credentialsIn(env);
  const telling = credentials.filter(({ length }) => length >= TELLING_LENGTH);
  return (text) => credentials.includes(text) || telling.some((credential) => text.includes(credential));
}

export interface WithheldEnvironment {
  readonly env: Readonly<Record<string, string>>;
  /** The names of what was left out. */
  readonly withheld: readonly string[];
}

/**
 * An environment without the account's credentials, under whatever name they stand: `PKR_VAR_secret_key` may hold the value
 * of `OSC_SECRET_KEY`.
 * @param passed Names that stay
 */
export function withoutCredentials(env: Environment, passed: readonly string[] = []): WithheldEnvironment {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const values = entries.flatMap(([name, value]) => (isCredentialVariable(name) ? value : []));
  const telling = values.filter((value) => value.length >= TELLING_LENGTH);
  const isWithheld = ([name, value]: [string, string]) =>
    !passed.includes(name) && (isCredentialVariable(name) || telling.some((secret) => value.includes(secret)));
  return {
    env: Object.fromEntries(entries.filter((entry) => !isWithheld(entry))),
    withheld: entries.filter(isWithheld).map(([name]) => name),
  };
}
