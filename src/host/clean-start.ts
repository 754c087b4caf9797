import { type CapabilityName, hasCapability } from "../common/capabilities.ts";
import type { Capabilities, Limit, Limits, OwnState } from "./own-state.ts";
import { locateProgram } from "./program-path.ts";

/** What a service of systemd gets, which is what installers are tried with. @see systemd-system.conf(5) */
const LIMITS: Readonly<Record<string, Limits>> = {
  as: { soft: "unlimited", hard: "unlimited" },
  core: { soft: 0, hard: "unlimited" },
  cpu: { soft: "unlimited", hard: "unlimited" },
  data: { soft: "unlimited", hard: "unlimited" },
  fsize: { soft: "unlimited", hard: "unlimited" },
  locks: { soft: "unlimited", hard: "unlimited" },
  memlock: { soft: 8_388_608, hard: 8_388_608 },
  msgqueue: { soft: 819_200, hard: 819_200 },
  nice: { soft: 0, hard: 0 },
  nofile: { soft: 1024, hard: 524_288 },
  nproc: { soft: "unlimited", hard: "unlimited" },
  rss: { soft: "unlimited", hard: "unlimited" },
  rtprio: { soft: 0, hard: 0 },
  rttime: { soft: "unlimited", hard: "unlimited" },
  stack: { soft: 8_388_608, hard: "unlimited" },
};

/**
 * The words before a command that give it the same start on every machine, whoever started us: umask 022, the limits of
 * a service, ordinary scheduling on all processors. Node itself gives every child default signals, none blocked.
 *
 * The programs are given by their full paths: the command's own `PATH` need not have them.
 *
 * Limits that our own process must not raise (it lacks CAP_SYS_RESOURCE, as in some containers) stay as high as they are.
 */
export function cleanStart(state: OwnState, locate: (name: string) => string = locateProgram): readonly string[] {
  const mayRenice = has(state, "SYS_NICE");
  const changes = limitChanges(state);
  // Node raises the number of files for itself, so it is to be lowered nearly always: then no program is needed for it.
  const [lowered, others] = [changes.filter(isFewerFiles), changes.filter((change) => !isFewerFiles(change))];
  return [
    ...(others.length > 0
      ? [locate("prlimit"), ...others.map(({ name, soft, hard }) => `--${name}=${soft}:${hard}`)]
      : []),
    ...(state.policy !== 0 && mayRenice ? [locate("chrt"), "--other", "0"] : []),
    ...(state.nice > 0 && mayRenice ? [locate("nice"), "-n", `${-state.nice}`] : []),
    ...(state.nice < 0 ? [locate("nice"), "-n", `${-state.nice}`] : []),
    ...(state.ioClass !== "none" ? [locate("ionice"), "-c", "none"] : []),
    ...(state.allowedCpus !== state.onlineCpus ? [locate("taskset"), "--cpu-list", state.onlineCpus] : []),
    ...["/bin/sh", "-c", `${lowered.map(fewerFiles).join("")}umask 022; exec "$@"`, "sh"],
  ];
}

/**
 * The words before a command that take from it, and from all that it starts, what a provisioner would change of this
 * machine by accident: its clock, its kernel's modules, its running.
 */
export function withoutMachine(
  capabilities: Capabilities,
  locate: (name: string) => string = locateProgram,
): readonly string[] {
  const dropped = (["SYS_BOOT", "SYS_MODULE", "SYS_TIME"] as const).filter((name) =>
    hasCapability(capabilities.bounding, name),
  );
  if (dropped.length === 0 || !hasCapability(capabilities.effective, "SETPCAP")) return [];
  const list = dropped.map((name) => `-${name.toLowerCase()}`).join(",");
  return [locate("setpriv"), "--bounding-set", list, "--inh-caps", list, "--"];
}

interface LimitChange extends Limits {
  readonly name: string;
  readonly now: Limits;
}

function limitChanges(state: OwnState): LimitChange[] {
  const mayRaise = has(state, "SYS_RESOURCE");
  return Object.entries(LIMITS).flatMap(([name, wanted]) => {
    const now = state.limits.get(name);
    if (now === undefined) return [];
    const hard = mayRaise ? wanted.hard : lower(wanted.hard, now.hard);
    const soft = lower(wanted.soft, hard);
    return soft === now.soft && hard === now.hard ? [] : [{ name, soft, hard, now }];
  });
}

function isFewerFiles({ name, soft, hard, now }: LimitChange): boolean {
  return name === "nofile" && lower(soft, now.soft) === soft && lower(hard, now.hard) === hard;
}

/** The only limit that every shell can change. */
function fewerFiles({ soft, hard }: LimitChange): string {
  return `ulimit -Sn ${soft}; ulimit -Hn ${hard}; `;
}

function lower(a: Limit, b: Limit): Limit {
  if (a === "unlimited") return b;
  return b === "unlimited" ? a : Math.min(a, b);
}

function has({ capabilities }: OwnState, name: CapabilityName): boolean {
  return hasCapability(capabilities.effective, name);
}
