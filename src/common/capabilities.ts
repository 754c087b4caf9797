/**
 * The rights into which Linux divides those of root, by the names of the kernel without `CAP_`, in their order: the
 * place of each is its number.
 * @see capabilities(7)
 */
const NAMES = [
  ...["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP"],
  ...["LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER"],
  ...["SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE"],
  ...["SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP"],
  ...["MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF"],
  "CHECKPOINT_RESTORE",
] as const;

export type CapabilityName = (typeof NAMES)[number];

export const capabilityNames: readonly CapabilityName[] = NAMES;

/** Its bit in the sets of `/proc/PID/status`. */
export function capabilityNumber(name: CapabilityName): number {
  return NAMES.indexOf(name);
}

/** Is a right in a set? */
export function hasCapability(set: bigint, name: CapabilityName): boolean {
  return ((set >> BigInt(capabilityNumber(name))) & 1n) === 1n;
}

/** A right as a template may write it: `SYS_ADMIN`, `CAP_SYS_ADMIN`, in any case. @returns `undefined` for no such */
export function parseCapability(text: string): CapabilityName | undefined {
  const wanted = text.toUpperCase().replace(/^CAP_/, "");
  return NAMES.find((name) => name === wanted);
}
