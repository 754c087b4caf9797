import type { Clock } from "../common/clock.ts";
import type { ExitStatus } from "../host/command-error.ts";
import { type ProcessNode, readProcessNode, readProcessTree, withDescendants } from "../host/process-tree.ts";
import type { RunningProcess } from "../host/run-command.ts";
import { signalProcess } from "../host/signal-process.ts";

const POLL_MS = 10;
/** SIGKILL cannot be refused, but a process that waits for a dead disk dies only when the disk answers. */
const KILL_DEADLINE_MS = 5_000;

/**
 * A command that runs in a sandbox, with everything it started. What we spawned is `nsenter`, which waits for the
 * command outside the namespace and takes over its exit code or signal; signals go to the processes inside.
 */
export class SandboxCommand implements RunningProcess {
  readonly exited: Promise<ExitStatus>;
  /** Another command ran at the same time: then a process without parent cannot be laid at this one's door. */
  ranWithOthers = false;
  readonly #entry: RunningProcess;
  readonly #members: () => ProcessNode[];
  readonly #clock: Clock;
  readonly #startedAt: number;
  /** Processes of this command, by pid, with their start: they stay known when their parent has ended. */
  readonly #known = new Map<number, number>();
  #isKilled = false;

  /** @param members The processes of the sandbox that its commands started */
  constructor(entry: RunningProcess, members: () => ProcessNode[], clock: Clock) {
    this.#entry = entry;
    this.#clock = clock;
    this.#members = members;
    this.#startedAt = readProcessNode(entry.pid)?.startedAt ?? Number.POSITIVE_INFINITY;
    this.exited = entry.exited.then(async (status) => {
      if (this.#isKilled) await this.#killRest();
      return status;
    });
  }

  get pid() {
    return this.#entry.pid;
  }
  get stdin() {
    return this.#entry.stdin;
  }
  get stdout() {
    return this.#entry.stdout;
  }
  get stderr() {
    return this.#entry.stderr;
  }

  /** Signals the command and everything it started; when the command has ended of it, the rest gets SIGKILL. */
  kill(signal: NodeJS.Signals): void {
    this.#isKilled = true;
    const processes = this.#find();
    for (const node of processes) signalProcess(node, signal);
    // Nothing inside yet: nsenter is on its way. It stops with a command that stops, and then would not see it end.
    this.#entry.kill(processes.length === 0 ? "SIGKILL" : "SIGCONT");
  }

  async #killRest(): Promise<void> {
    const deadline = this.#clock.now() + KILL_DEADLINE_MS;
    for (let rest = this.#find(); rest.length > 0 && this.#clock.now() < deadline; rest = this.#find()) {
      for (const node of rest) signalProcess(node, "SIGKILL");
      await this.#clock.sleep(POLL_MS);
    }
  }

  #find(): ProcessNode[] {
    const members = this.#members();
    const ours = members.filter((node) => this.#isOurs(node)).map(({ pid }) => pid);
    const all = withDescendants(readProcessTree(), ours);
    const found = members.filter(({ pid }) => all.has(pid));
    for (const { pid, startedAt } of found) this.#known.set(pid, startedAt);
    return found;
  }

  #isOurs({ pid, parentPid, session, startedAt }: ProcessNode): boolean {
    if (parentPid === this.#entry.pid || this.#known.get(pid) === startedAt || this.#known.has(session)) return true;
    // A daemon has left its parent and its session. Alone, this command must be where it came from.
    // Within one clock tick the pid tells what came later.
    const cameLater = startedAt > this.#startedAt || (startedAt === this.#startedAt && pid > this.#entry.pid);
    return !this.ranWithOthers && cameLater;
  }
}
