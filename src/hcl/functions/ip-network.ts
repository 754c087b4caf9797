/** A network: the bits of its first address, and how many of them all its addresses share. */
export interface IpNetwork {
  readonly first: bigint;
  readonly prefixLength: number;
  readonly version: 4 | 6;
}

export function addressBits({ version }: Pick<IpNetwork, "version">): 32 | 128 {
  return version === 4 ? 32 : 128;
}

/**
 * Reads a network in CIDR notation; bits behind the prefix are dropped. IPv4 addresses inside IPv6 are IPv4.
 *
 * @returns undefined when it is none
 */
export function parseCidr(text: string): IpNetwork | undefined {
  const [, address = "", length = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = address.includes(":") ? 6 : 4;
  const bits = version === 4 ? parseIpv4(address) : parseIpv6(address);
  const prefixLength = Number(length);
  if (bits === undefined || length === "" || prefixLength > addressBits({ version })) return undefined;
  const network = { first: masked(bits, prefixLength, version), prefixLength, version } as const;
  const isMapped = version === 6 && prefixLength >= 96 && network.first >> 32n === 0xffffn;
  if (!isMapped) return network;
  return { first: network.first & 0xffffffffn, prefixLength: prefixLength - 96, version: 4 };
}

function masked(bits: bigint, prefixLength: number, version: 4 | 6): bigint {
  const rest = BigInt(addressBits({ version }) - prefixLength);
  return (bits >> rest) << rest;
}

function parseIpv4(text: string): bigint | undefined {
  const octets = text.split(".");
  // A leading zero might mean octal: refused, as Go does.
  const isRight =
    octets.length === 4 && octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256);
  return isRight ? octets.reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n) : undefined;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0] ?? "");
  const tail = groupsOf(halves[1] ?? "");
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: halves.length === 1 ? 0 : missing }, () => 0), ...tail];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n);
}

/** The 16-bit groups of one side of a `::`; an IPv4 address at the end is two of them. */
function groupsOf(half: string): number[] | undefined {
  if (half === "") return [];
  const groups: number[] = [];
  const parts = half.split(":");
  for (const [index, part] of parts.entries()) {
    const ipv4 = index === parts.length - 1 && part.includes(".") ? parseIpv4(part) : undefined;
    if (ipv4 !== undefined) groups.push(Number(ipv4 >> 16n), Number(ipv4 & 0xffffn));
    else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** An address as people write it: `::` for the longest run of zeros. */
export function formatAddress(bits: bigint, version: 4 | 6): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((bits >> BigInt(112 - index * 16)) & 0xffffn).toString(16));
  const text = groups.join(":");
  const runs = [...text.matchAll(/\b0(?::0)+\b/g)];
  const [longest] = runs.sort((a, b) => b[0].length - a[0].length || a.index - b.index);
  if (!longest) return text;
  const before = text.slice(0, longest.index).replace(/:$/, "");
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, "");
  return `${before}::${after}`;
}

export function formatNetwork({ first, prefixLength, version }: IpNetwork): string {
  return `${formatAddress(first, version)}/${prefixLength}`;
}
