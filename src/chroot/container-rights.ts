import { type CapabilityName, capabilityNames, capabilityNumber, hasCapability } from "../common/capabilities.ts";
import type { Capabilities } from "../host/own-state.ts";

/**
 * The rights of root that installers use: those that `docker build` and buildah leave, without raw sockets, and with
 * `chattr +i`. docs/sandbox.md says what was tried with them.
 */
export const CONTAINER_CAPABILITIES: readonly CapabilityName[] = [
  ...(["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "LINUX_IMMUTABLE", "MKNOD"] as const),
  ...(["NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"] as const),
];

/**
 * The words of capsh(1) that take every other right from what it starts, for good.
 * @param own The rights of our own process: what it does not have needs no dropping, and without `SETPCAP` it can drop none
 * @param added Rights that the template asks for
 */
export function dropWords(own: Capabilities, added: readonly CapabilityName[] = []): readonly string[] {
  if (!hasCapability(own.effective, "SETPCAP")) return [];
  const kept = new Set([...CONTAINER_CAPABILITIES, ...added].map(capabilityNumber));
  const dropped = BITS.filter((number) => ((own.bounding >> BigInt(number)) & 1n) === 1n && !kept.has(number));
  const list = dropped.map(nameForCapsh).join(",");
  return [...(list ? [`--drop=${list}`] : []), ...(own.inheritable === 0n ? [] : ["--inh="])];
}

/** A kernel may have rights that are newer than our table. */
const BITS = Array.from({ length: 64 }, (_, number) => number);

/** An older libcap does not know the names of newer rights, but takes numbers. */
function nameForCapsh(number: number): string {
  return number <= capabilityNumber("AUDIT_READ") ? `cap_${capabilityNames[number]?.toLowerCase()}` : `${number}`;
}
