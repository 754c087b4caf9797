/** The password of a proxy's address, as it is and as it is written; none when there is none or it is no address. */
export function proxyPasswords(address = ""): string[] {
  const text = withProxyScheme(address);
  if (!isProxyAddress(text)) return [];
  const { password } = new URL(text);
  const written = /^[^/]*\/\/[^:@/]*:([^/]*)@/.exec(text)?.[1] ?? "";
  return [...new Set([written, password, decodeURIComponent(password)])].filter((each) => each !== "");
}

/** A proxy's address as a URL: people leave out the scheme. */
export function withProxyScheme(address: string): string {
  return address.includes("://") ? address : `http://${address}`;
}

/** It can be parsed, and so can its user info: a percent sign there that begins no escape is `%25`. */
export function isProxyAddress(text: string): boolean {
  try {
    const { username, password } = new URL(text);
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}
