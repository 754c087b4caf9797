const PROXY_NAMES = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy"];
const NO_PROXY_NAME = "no_proxy";

/** What every command in the image gets, whatever the host has. */
const BASE: Readonly<Record<string, string>> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LANG: "C.UTF-8",
};

export interface ChrootEnvironment {
  readonly env: Readonly<Record<string, string>>;
  /** One line for each proxy variable that was withheld, without its value. */
  readonly warnings: readonly string[];
}

/**
 * The environment of commands in the image: fixed, plus the host's proxy variables, plus what the user adds. Nothing
 * else of the host gets in: no credentials, no `LD_*`. A proxy address with user info in it has a password, and is
 * withheld.
 * @param added `chroot_environment` and the like; it wins
 * @param host Our own environment
 */
export function chrootEnvironment(
  added: Readonly<Record<string, string>> = {},
  host: Readonly<Record<string, string | undefined>> = process.env,
): ChrootEnvironment {
  const env: Record<string, string> = { ...BASE };
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(host)) {
    if (!value || !isProxyVariable(name)) continue;
    if (name.toLowerCase() === NO_PROXY_NAME || !hasUserInfo(value)) env[name] = value;
    else if (!(name in added)) warnings.push(withheldWarning(name));
  }
  return { env: { ...env, ...added }, warnings };
}

function isProxyVariable(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === NO_PROXY_NAME || PROXY_NAMES.includes(lower);
}

/** An `@` stands nowhere else in a proxy's address, and one address withheld too many does less harm than one too few. */
function hasUserInfo(address: string): boolean {
  return address.includes("@");
}

function withheldWarning(name: string): string {
  return `${name} is not passed to the image, because it has a user name or password in it; set it in chroot_environment if the image may see it`;
}
