import { closeSync, readFileSync } from "node:fs";
import { CommandError } from "../host/command-error.ts";
import { runSync } from "../host/run-sync.ts";
import type { AttributedPaths } from "./attributed-paths.ts";
import { fdPathForChildren } from "./openat.ts";
import type { Pair } from "./tree-file.ts";

/** Pairs of descriptors that are held at a time, so that one run of getfattr serves many files. */
const MOST_PAIRS = 2048;
const FEWEST_PAIRS = 64;
/** Descriptors that others need. */
const SPARE_DESCRIPTORS = 512;
/** Labels belong to the policy of the system that a file is on. */
const LABELS = "security.selinux=";
/** What the kernel acts upon: capabilities, above all. */
const SECURITY = "security.";

interface XattrOptions {
  readonly warn: (message: string) => void;
  /** Whether capabilities are copied too. */
  readonly keepPrivileges: boolean;
  /** The entries that may have some, see {@link findAttributedPaths}; without it, any may. */
  readonly attributed: AttributedPaths | undefined;
}

/**
 * Copies extended attributes (user, trusted, capabilities, ACLs) with getfattr(1) and setfattr(1), in batches: Node has
 * no calls for them. The programs get our descriptors and never a path inside a tree.
 */
export class XattrCopier {
  #pairs: Pair[] = [];
  readonly #warn: (message: string) => void;
  readonly #notCopied: string;
  readonly #attributed: AttributedPaths | undefined;
  readonly #batch = batchFor(readNofile());
  #isMissing = false;

  constructor({ warn, keepPrivileges, attributed }: XattrOptions) {
    this.#warn = warn;
    this.#notCopied = keepPrivileges ? LABELS : SECURITY;
    this.#attributed = attributed;
  }

  /** Takes two descriptors over, any that stand for the two entries, and closes them when it is done with them. */
  add(pair: Pair): void {
    this.#pairs.push(pair);
  }

  /** So many descriptors are held that it is time to {@link flush}. */
  get isFull(): boolean {
    return this.#pairs.length >= this.#batch;
  }

  /** Copies the attributes of everything that was added. */
  async flush(): Promise<void> {
    const known = await this.#attributed?.found;
    const pairs = this.#pairs.splice(0);
    try {
      const wanted = known === undefined ? pairs : pairs.filter(({ path }) => known.has(path));
      if (wanted.length > 0 && !this.#isMissing) this.#copy(wanted);
    } finally {
      this.#close(pairs);
    }
  }

  /** Lets go of what was added and not copied. */
  async close(): Promise<void> {
    this.#close(this.#pairs.splice(0));
    await this.#attributed?.stop();
  }

  #close(pairs: readonly Pair[]): void {
    for (const { from, to } of pairs) {
      closeSync(from);
      closeSync(to);
    }
  }

  #copy(pairs: readonly Pair[]): void {
    const sources = pairs.map(({ from }) => fdPathForChildren(from));
    const dump = this.#run(["getfattr", "--dump", "--match=-", "--encoding=hex", "--absolute-names", "--", ...sources]);
    const targets = new Map(pairs.map(({ from, to }) => [fdPathForChildren(from), fdPathForChildren(to)]));
    const restore = redirectDump(dump, targets, this.#notCopied);
    if (restore) this.#run(["setfattr", "--restore=-"], restore);
  }

  #run(argv: readonly [string, ...string[]], input = ""): string {
    try {
      const { exitCode, stdout, stderr } = runSync(argv, { input });
      if (exitCode !== 0) this.#warn(`Some extended attributes were not copied: ${reasonOf(stderr)}`);
      return stdout;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.#isMissing = true;
      this.#warn(`Extended attributes are not copied: "${argv[0]}" of the package attr cannot be run`);
      return "";
    }
  }
}

/**
 * A dump of getfattr with other files in place of those it was made of; empty when no file has an attribute.
 * @param notCopied How the attributes begin that are left out
 * @see getfattr(1), --dump
 */
export function redirectDump(dump: string, targets: ReadonlyMap<string, string>, notCopied: string): string {
  const blocks = dump.split("\n\n").flatMap((block) => {
    const [header = "", ...attributes] = block.trim().split("\n");
    const target = targets.get(header.replace(/^# file: /, ""));
    const kept = attributes.filter((line) => !line.startsWith(notCopied));
    return target && kept.length > 0 ? [`# file: ${target}\n${kept.join("\n")}\n`] : [];
  });
  return blocks.join("\n");
}

/** How many pairs are held when a process may have so many descriptors open. */
function batchFor(nofile: number): number {
  return Math.max(FEWEST_PAIRS, Math.min(MOST_PAIRS, Math.floor((nofile - SPARE_DESCRIPTORS) / 4)));
}

/** @see proc_pid_limits(5) */
function readNofile(): number {
  return Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? 0);
}

function reasonOf(stderr: string): string {
  const [first = ""] = stderr.trim().split("\n");
  return first.replace(/^.*\/fd\/\d+: /, "");
}
