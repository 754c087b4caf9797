import { readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { runSync } from "./run-sync.ts";

/** A resource limit, or that there is none. */
export type Limit = number | "unlimited";

export interface Limits {
  readonly soft: Limit;
  readonly hard: Limit;
}

/** What our process was started with, and hands on to its children. */
export interface OwnState {
  /** By the names of prlimit(1): `nofile`. */
  readonly limits: ReadonlyMap<string, Limits>;
  readonly nice: number;
  /** 0 is `SCHED_OTHER`. @see sched(7) */
  readonly policy: number;
  /** `0-3` */
  readonly allowedCpus: string;
  readonly onlineCpus: string;
  /** `none`, or a class that somebody chose. */
  readonly ioClass: string;
  readonly capabilities: Capabilities;
}

/** Bit sets. @see capabilities(7) */
export interface Capabilities {
  readonly effective: bigint;
  readonly bounding: bigint;
  readonly inheritable: bigint;
}

/** The lines of `/proc/self/limits`. @see proc_pid_limits(5) */
const LIMIT_NAMES: Readonly<Record<string, string>> = {
  "Max cpu time": "cpu",
  "Max file size": "fsize",
  "Max data size": "data",
  "Max stack size": "stack",
  "Max core file size": "core",
  "Max resident set": "rss",
  "Max processes": "nproc",
  "Max open files": "nofile",
  "Max locked memory": "memlock",
  "Max address space": "as",
  "Max file locks": "locks",
  "Max msgqueue size": "msgqueue",
  "Max nice priority": "nice",
  "Max realtime priority": "rtprio",
  "Max realtime timeout": "rttime",
};

export function readOwnState(): OwnState {
  const stat = readFileSync("/proc/self/stat", "utf8");
  return {
    limits: parseLimits(readFileSync("/proc/self/limits", "utf8")),
    nice: getPriority(),
    policy: Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[38]),
    allowedCpus: readStatus("Cpus_allowed_list"),
    onlineCpus: readFileSync("/sys/devices/system/cpu/online", "utf8").trim(),
    ioClass: readIoClass(),
    capabilities: readCapabilities(),
  };
}

let ioClass: string | undefined;

/** Asked once: it takes a program to know it, and what a process was started with stays. */
function readIoClass(): string {
  ioClass ??= /^\w+/.exec(runSync(["ionice", "-p", `${process.pid}`]).stdout)?.[0] ?? "none";
  return ioClass;
}

export function readCapabilities(): Capabilities {
  const read = (field: string) => BigInt(`0x${readStatus(field)}`);
  return { effective: read("CapEff"), bounding: read("CapBnd"), inheritable: read("CapInh") };
}

/** @see proc_pid_status(5) */
function readStatus(name: string): string {
  const text = readFileSync("/proc/self/status", "utf8");
  return new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(text)?.[1] ?? "";
}

export function parseLimits(text: string): Map<string, Limits> {
  const found = new Map<string, Limits>();
  for (const line of text.split("\n")) {
    const [, label = "", soft = "", hard = ""] = /^(Max [a-z ]+?)\s{2,}(\S+)\s+(\S+)/.exec(line) ?? [];
    const name = LIMIT_NAMES[label];
    if (name !== undefined) found.set(name, { soft: parseLimit(soft), hard: parseLimit(hard) });
  }
  return found;
}

function parseLimit(text: string): Limit {
  return text === "unlimited" ? text : Number(text);
}
