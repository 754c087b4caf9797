import type { Clock } from "../common/clock.ts";
import { CommandError } from "../host/command-error.ts";
import { readCommand } from "../host/process-table.ts";
import {
  type ProcessNode,
  readPidNamespace,
  readPidNamespaces,
  readProcessTree,
  withDescendants,
} from "../host/process-tree.ts";
import { locateProgram } from "../host/program-path.ts";
import { hostRunner } from "../host/run-command.ts";
import { signalProcess } from "../host/signal-process.ts";
import type { Anchor } from "./anchor.ts";

/** A process that a command left behind, by its pid on the host. */
export interface SandboxProcess {
  readonly pid: number;
  readonly command: string;
}

/** A process of ours that stays: by its session, which no command is in. */
type Keeper = Pick<Anchor, "session">;

const GRACE_MS = 3_000;
const KILL_DEADLINE_MS = 5_000;
const POLL_MS = 20;

/** What lives in the PID namespace of an anchor, besides those that keep namespaces. */
export class Inhabitants {
  readonly #anchor: Anchor;
  readonly #clock: Clock;
  readonly #keepers: () => readonly Keeper[];

  /** @param keepers What of ours is inside besides the anchor, such as the anchors of namespaces that were made in there */
  constructor(anchor: Anchor, clock: Clock, keepers: () => readonly Keeper[] = () => []) {
    this.#anchor = anchor;
    this.#clock = clock;
    this.#keepers = keepers;
  }

  /** What commands started: everything in the namespace and below it, without what is ours, which has sessions of its own. */
  list(): ProcessNode[] {
    const namespace = readPidNamespace(this.#anchor.pid);
    if (namespace === undefined || !this.#anchor.isAlive) return [];
    const keepers = new Set([this.#anchor, ...this.#keepers()].map(({ session }) => session));
    const namespaces = readPidNamespaces();
    // What is in our own namespace, as nearly everything of a machine, is not inside, and nothing inside comes from it but what enters.
    const own = readPidNamespace("self");
    const tree = readProcessTree([...namespaces.keys()].filter((pid) => namespaces.get(pid) !== own));
    const inside = [...tree.keys()].filter((pid) => namespaces.get(pid) === namespace);
    // A container inside has a namespace of its own; its processes descend from ours.
    const all = withDescendants(tree, inside);
    return [...tree.values()].filter(({ pid, session }) => all.has(pid) && !keepers.has(session));
  }

  /** The same, to be named. */
  describe(): Promise<SandboxProcess[]> {
    return Promise.all(this.list().map(async ({ pid }) => ({ pid, command: await readCommand(pid) })));
  }

  /**
   * Ends them, if there are any: SIGTERM, then SIGKILL for what is still there after `graceMs` (3 000 ms), and for what turns up meanwhile.
   * @param before Done before anything is signalled
   * @returns what was ended, to be told as a warning
   */
  async stop(
    { graceMs = GRACE_MS }: { readonly graceMs?: number } = {},
    before: () => Promise<void> = async () => undefined,
  ): Promise<SandboxProcess[]> {
    const found = new Map((await this.describe()).map((left) => [left.pid, left]));
    if (found.size === 0) return [];
    await before();
    const startedAt = this.#clock.now();
    const killAt = startedAt + graceMs;
    await this.#signalAll("TERM");
    for (let left = this.list(); left.length > 0; left = this.list()) {
      if (this.#clock.now() > killAt + KILL_DEADLINE_MS) break;
      for (const each of await this.describe()) if (!found.has(each.pid)) found.set(each.pid, each);
      if (this.#clock.now() >= killAt) await this.#signalAll("KILL");
      await this.#clock.sleep(POLL_MS);
    }
    return [...found.values()];
  }

  /**
   * Signals everything in the PID namespace but PID 1. The kernel finds the processes, so that none is meant by a pid that
   * another process has by now, and none is missed that is forking: a process that has a signal pending forks no more.
   *
   * What asks the kernel has to be in there, where root may kill it before it does: then they are signalled from outside.
   * @see kill(2), pid -1
   */
  async #signalAll(signal: "TERM" | "KILL"): Promise<void> {
    if (!this.#anchor.isAlive) return;
    const enter = [locateProgram("nsenter"), "--target", `${this.#anchor.pid}`, "--pid", "--"];
    try {
      await hostRunner().run([...enter, "/bin/sh", "-c", `kill -s ${signal} -- -1 || :`]);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      for (const each of this.list()) signalProcess(each, `SIG${signal}`);
    }
  }
}

/** A leftover on one line: `pid 812 (sleep 999)`. */
export function describeLeftover({ pid, command }: SandboxProcess): string {
  return `pid ${pid} (${command})`;
}
