import { readFileSync } from "node:fs";
import type { CapabilityName } from "../common/capabilities.ts";
import type { Clock } from "../common/clock.ts";
import { cleanStart } from "../host/clean-start.ts";
import { type MountEntry, mountOf, mountsBelow, readMountinfo } from "../host/mountinfo.ts";
import { type OwnState, readOwnState } from "../host/own-state.ts";
import { locateProgram } from "../host/program-path.ts";
import { type CommandRunner, hostRunner, type RunningProcess, type SpawnOptions } from "../host/run-command.ts";
import { type Anchor, ENDS_WITH_US, endedError, OWN_NAMESPACES, SandboxError, startAnchor } from "./anchor.ts";
import { fillDev, type ImageDevices } from "./container-dev.ts";
import { dropWords } from "./container-rights.ts";
import { containerScript, devContents } from "./container-script.ts";
import { Inhabitants, type SandboxProcess } from "./inhabitants.ts";
import { besideContainer, LaterMounts } from "./later-mounts.ts";
import { SandboxCommand } from "./sandbox-command.ts";

export interface ContainerOptions {
  /** Where the image is mounted in the sandbox. */
  readonly mountPath: string;
  /** What the image's `/dev` has in place of this machine's; without it that one stays. */
  readonly devices?: ImageDevices | undefined;
  /** Rights besides those of {@link CONTAINER_CAPABILITIES}. */
  readonly capabilities?: readonly CapabilityName[];
}

/** The namespaces that a container is made in. */
export interface ContainerPlace {
  /** Runs mount(8) there. */
  readonly runner: CommandRunner;
  readonly mountinfoPath: string;
  /** Words that enter them. */
  readonly enter: readonly string[];
  /** Is our view of the processes another than the one in there? Then pids differ. */
  readonly hasOwnProc: boolean;
  readonly clock: Clock;
}

/**
 * Makes a container of a mounted image: namespaces whose root is the image, with nothing of this machine in them but its
 * kernel and network. It is made once, and commands enter it.
 *
 * Mounts that the sandbox makes in the image later turn up in there; those that are made in there stay in there.
 * @throws {SandboxError}
 */
export async function startContainer(place: ContainerPlace, options: ContainerOptions): Promise<Container> {
  const { mountPath } = options;
  await place.runner.run(["mount", "--make-rshared", "--", mountPath], { brief: {} });
  const table = await readMountinfo(place.mountinfoPath);
  const mounts = mountsBelow(table, mountPath).reverse();
  const devices = showsHostDevices(table, mountPath) ? options.devices : undefined;
  const plan = { mountPath, mounts, devices };
  const contents = devContents(plan);
  const anchor = await startAnchor({
    inside: place.enter,
    namespaces: ["--mount", "--propagation", "slave", ...OWN_NAMESPACES],
    script: containerScript(plan),
    ...(contents && { onPause: (pid) => fillDev(`/proc/${pid}/root/dev`, contents) }),
    clock: place.clock,
  });
  try {
    const known = await detachOldRoot(anchor);
    return new Container(anchor, place, { ...options, known });
  } catch (error) {
    await anchor.end();
    throw error;
  }
}

/** Is the image's `/dev` this machine's? */
function showsHostDevices(table: readonly MountEntry[], mountPath: string): boolean {
  const host = mountOf(table, "/dev");
  const inImage = table.findLast(({ mountPoint }) => mountPoint === `${mountPath}/dev`);
  return inImage !== undefined && inImage.device === host?.device && inImage.root === host.root;
}

/**
 * A program of ours that is in the container's mount namespace, and has its root folder outside: umount(8) reaches through
 * the root of the container's first process what is mounted over it.
 * @returns the mounts that are left
 */
async function detachOldRoot({ pid }: Anchor): Promise<readonly MountEntry[]> {
  await hostRunner().run([...besideContainer(pid), "umount", "-c", "-l", "--", `/proc/${pid}/root/.`]);
  const mounts = await readMountinfo(`/proc/${pid}/mountinfo`);
  const roots = mounts.filter(({ mountPoint }) => mountPoint === "/");
  if (roots.length !== 1) throw new SandboxError("The old root cannot be detached from the container");
  return mounts;
}

/** An image that commands run in. Whatever they leave behind, processes and mounts, ends with it. */
export class Container {
  /** PID 1 inside, as the host numbers it. */
  readonly pid: number;
  /**
   * Words before the arguments of a shell of the image, such as `-c` and a line: valid for programs that the sandbox runs.
   */
  readonly shellWords: readonly string[];
  readonly anchor: Anchor;
  readonly #clock: Clock;
  readonly #host = hostRunner();
  readonly #inhabitants: Inhabitants;
  readonly #words: readonly string[];
  readonly #commands = new Set<SandboxCommand>();
  readonly #laterMounts: LaterMounts | undefined;

  /** Use {@link startContainer}. */
  constructor(
    anchor: Anchor,
    place: ContainerPlace,
    { capabilities = [], known }: ContainerOptions & { readonly known: readonly MountEntry[] },
  ) {
    const state = readOwnState();
    this.pid = anchor.pid;
    this.anchor = anchor;
    this.#clock = place.clock;
    this.#inhabitants = new Inhabitants(anchor, place.clock);
    // Who may mount undoes it, and needs what he mounts to be as he made it.
    this.#laterMounts = capabilities.includes("SYS_ADMIN") ? undefined : new LaterMounts(anchor.pid, known);
    const rights = { capabilities };
    this.#words = [...programPaths(ENDS_WITH_US), ...enterWords(anchor.pid, state, rights)];
    this.shellWords = enterWords(place.hasOwnProc ? innerPid(anchor.pid) : anchor.pid, state, rights);
  }

  /**
   * The image's root folder in our own view, with the mounts of the container. To be asked for each time: when the container has
   * ended, its pid may be another process's, whose root is this machine's.
   * @throws {SandboxError} when the container has ended
   */
  get rootPath(): string {
    if (!this.anchor.isAlive) throw endedError(this.anchor);
    return `/proc/${this.pid}/root`;
  }

  /**
   * Starts a shell of the image, in a session of its own, without a terminal. Its `kill` reaches everything it started.
   * @param args The shell's arguments, such as `-c` and a line
   * @throws {SandboxError} when the container has ended
   */
  async spawn(args: readonly string[], options: SpawnOptions = {}): Promise<RunningProcess> {
    await this.restrictMounts();
    if (!this.anchor.isAlive) throw endedError(this.anchor);
    const entry = await this.#host.spawn([...this.#words, ...args], { ...options, cwd: "/" });
    const command = new SandboxCommand(entry, () => this.#inhabitants.list(), this.#clock);
    for (const other of this.#commands) other.ranWithOthers = command.ranWithOthers = true;
    this.#commands.add(command);
    void command.exited.then(() => this.#commands.delete(command));
    return command;
  }

  /**
   * Takes from what has been mounted in the image since the last time what it could reach this machine by. Every command that
   * is started from here comes after that; it is for whoever enters in another way.
   * @throws {SandboxError} when a mount cannot be restricted
   */
  async restrictMounts(): Promise<void> {
    if (this.anchor.isAlive) await this.#laterMounts?.restrict();
  }

  /** Ends what commands left running. The container can be used afterwards. @returns what was ended */
  stopLeftovers(options: { readonly graceMs?: number } = {}): Promise<SandboxProcess[]> {
    return this.#inhabitants.stop(options);
  }

  /**
   * Ends everything inside, then the container itself, with its mounts. A second call does nothing.
   * @returns the processes that were ended
   */
  async stop(options: { readonly graceMs?: number } = {}): Promise<SandboxProcess[]> {
    if (!this.anchor.isAlive) return [];
    try {
      return await this.stopLeftovers(options);
    } finally {
      // It takes along whatever is left.
      await this.anchor.end();
    }
  }
}

export interface EnterOptions {
  /** Rights besides those of {@link CONTAINER_CAPABILITIES}. */
  readonly capabilities?: readonly CapabilityName[];
  /** `ours`: the streams and the session that we have. `own`: standard input is a terminal for this session alone. */
  readonly terminal?: "ours" | "own";
}

/**
 * The words that run a shell of the image in a container: programs of ours enter all its namespaces but stay at our root,
 * and capsh(1) goes to the image's root and gives the rights up, both in one process. Before that it has rights that no
 * process in there has, and so nobody in there can look into it or trace it; afterwards it is an ordinary process of theirs.
 *
 * A session of its own is made inside: `kill 0` of a script would reach nsenter otherwise.
 * @param pid The container's first process, as the caller's /proc numbers it
 */
export function enterWords(
  pid: number,
  state: OwnState,
  { capabilities = [], terminal }: EnterOptions = {},
): readonly string[] {
  const namespaces = ["--mount", "--pid", ...OWN_NAMESPACES];
  return [
    ...programPaths(["nsenter", "--target", `${pid}`, ...namespaces, "--root=/", "--wd=/", "--"]),
    ...(terminal === "ours" ? [] : [locateProgram("setsid")]),
    ...(terminal === "own" ? ["--ctty", "--wait"] : []),
    ...cleanStart(state),
    locateProgram("capsh"),
    ...dropWords(state.capabilities, capabilities),
    ...[`--chroot=/proc/${pid}/root`, "--shell=/bin/sh", "--"],
  ];
}

/** By its full path: the command's own `PATH` need not lead to it. */
function programPaths([program = "", ...rest]: readonly string[]): string[] {
  return [locateProgram(program), ...rest];
}

/** A process as the sandbox that it is in numbers it. @see proc_pid_status(5), `NSpid` */
function innerPid(pid: number): number {
  const line = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
  // Ours, the sandbox's, the container's own. We may be in a namespace below the kernel's first one: only the last count.
  return Number(line.split(/\s+/).at(-2));
}
