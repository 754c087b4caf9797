import { type CapabilityName, capabilityNames, capabilityNumber, hasCapability } from "../common/capabilities.ts";
import type { Capabilities } from "../host/own-state.ts";
import { SandboxError } from "./anchor.ts";

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
 * @param own The rights of our own process: what it does not have needs no dropping
 * @param added Rights that the template asks for
 * @throws {SandboxError} without the right to drop those that are too many
 */
export function dropWords(own: Capabilities, added: readonly CapabilityName[] = []): readonly string[] {
  const kept = new Set([...CONTAINER_CAPABILITIES, ...added].map(capabilityNumber));
  const dropped = BITS.filter((number) => ((own.bounding >> BigInt(number)) & 1n) === 1n && !kept.has(number));
  if (dropped.length > 0 && !hasCapability(own.effective, "SETPCAP")) {
    throw new SandboxError("Rights of root cannot be taken from programs of the image: that needs the right SETPCAP", {
      hint: "Start outscale-chroot with CAP_SETPCAP, as root has it outside of containers and restricted units",
    });
  }
  const list = dropped.map(nameForCapsh).join(",");
  return [...(list ? [`--drop=${list}`] : []), ...(own.inheritable === 0n ? [] : ["--inh="])];
}

/** A kernel may have rights that are newer than our table. */
const BITS = Array.from({ length: 64 }, (_, number) => number);

/** An older libcap does not know the names of newer rights, but takes numbers. */
function nameForCapsh(number: number): string {
  return number <= capabilityNumber("AUDIT_READ") ? `cap_${capabilityNames[number]?.toLowerCase()}` : `${number}`;
}
