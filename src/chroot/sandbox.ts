import { accessSync } from "node:fs";
import { tmpdir } from "node:os";
import { type Clock, systemClock } from "../common/clock.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import { cleanStart } from "../host/clean-start.ts";
import { hostEnvironment } from "../host/host-environment.ts";
import type { MountView } from "../host/mount-view.ts";
import { readMountinfo } from "../host/mountinfo.ts";
import { readOwnState } from "../host/own-state.ts";
import { locateProgram } from "../host/program-path.ts";
import {
  type CommandRunner,
  hostRunner,
  logEntry,
  type RunningProcess,
  type RunOptions,
  type RunResult,
  resultOf,
  runnerOf,
  type SpawnOptions,
} from "../host/run-command.ts";
import { type Anchor, ENDS_WITH_US, endedError, OWN_NAMESPACES, SandboxError, startAnchor } from "./anchor.ts";
import { type Container, type ContainerOptions, startContainer } from "./container.ts";
import { Inhabitants, type SandboxProcess } from "./inhabitants.ts";
import type { MountWindow } from "./mount-window.ts";
import { mountsToDrop } from "./mounts-to-drop.ts";
import { SandboxCommand } from "./sandbox-command.ts";
import { StandingShell } from "./standing-shell.ts";

/** `private`: the build's mounts are seen by the build alone. `host`: everybody on this machine sees the image. */
export type Isolation = "private" | "host";

export interface SandboxOptions {
  readonly isolation: Isolation;
  /** With `host`: the folder at which this machine sees what is mounted inside. Without it nothing is mounted inside alone. */
  readonly window?: MountWindow;
  readonly log?: DebugLog;
  /** Mount paths of other runs: a private sandbox drops its copies of them, so that they can be unmounted outside. */
  readonly dropMountPaths?: readonly string[];
  /** Folders that local commands need, besides those of the system; their mounts are never dropped. */
  readonly keepPaths?: readonly string[];
  /**
   * The first process of a sandbox, of another process of ours: this one is made in it and begins with its mounts. What is
   * mounted here stays here, and it ends with whichever of both ends first.
   */
  readonly within?: number;
  readonly clock?: Clock;
}

/**
 * PID 1 of the sandbox. It waits for the end of our pipe, which comes when we close it and also when we are killed. As
 * it waits for a part of itself, it reaps whatever ends: orphans do not stay zombies. `kill -9 -1` inside takes that part
 * with it: then another one. No program is needed for it, and no `/dev/null`, as there is for what runs in the background.
 */
const ANCHOR_SCRIPT = `
exec 3<&0 </dev/null
cd /
echo ready
exec >/dev/null 2>&1
until (read -r _ <&3 || :); do :; done
`;

/** Which mounts the processes in there see. With a window, and with the host's, they keep its `/proc`, and its pids. */
const MOUNT_FLAGS: Readonly<Record<"private" | "window" | "host", readonly string[]>> = {
  // --mount-proc implies a mount namespace.
  private: ["--mount", "--propagation", "slave", "--mount-proc"],
  // What is shared stays so, until the window is the only mount that is: see `openWindow()`.
  window: ["--mount", "--propagation", "unchanged"],
  host: [],
};

/**
 * Starts a sandbox: a PID namespace, and with `private` isolation a mount namespace, that end with us however we end.
 * @throws {SandboxError} without root, or where namespaces are not allowed
 * @throws {MissingProgramError} without `unshare`, `nsenter` and `setsid` of util-linux
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const mounts = options.window ? "window" : options.isolation;
  const { within } = options;
  const anchor = await startAnchor({
    ...(within !== undefined && {
      inside: enterWordsOf(within, { hasOwnMounts: true, folder: `/proc/${within}/root/` }),
    }),
    namespaces: [...OWN_NAMESPACES, ...MOUNT_FLAGS[mounts]],
    script: ANCHOR_SCRIPT,
    clock: options.clock ?? systemClock,
  });
  const sandbox = new Sandbox(anchor, options);
  try {
    await options.window?.giveTo(sandbox);
    // The other one has let go of what is not needed.
    if (mounts !== "host" && within === undefined) await dropMounts(sandbox, options);
    return sandbox;
  } catch (error) {
    await anchor.end();
    throw error;
  }
}

/** Where a build's commands run. Whatever they leave behind, processes and private mounts, ends with it. */
export class Sandbox implements CommandRunner, AsyncDisposable {
  readonly isolation: Isolation;
  /** PID 1 inside, as the host numbers it. */
  readonly pid: number;
  /** The mount table as the sandbox has it. */
  readonly mountinfoPath: string;
  readonly #anchor: Anchor;
  readonly #hasOwnMounts: boolean;
  readonly #clock: Clock;
  readonly #log: DebugLog;
  readonly #host = hostRunner();
  /** Runs what is started from here. */
  readonly #ordinary: CommandRunner;
  readonly #shell = new StandingShell((script) => this.#startShell(script));
  readonly #endsWithUs = [locateProgram(ENDS_WITH_US[0] ?? ""), ...ENDS_WITH_US.slice(1)];
  /** Put before every command; by their full paths, as the command's own `PATH` need not have them. */
  readonly #start: readonly string[];
  readonly #commands = new Set<SandboxCommand>();
  readonly #inhabitants: Inhabitants;
  /** Those that were started; the ones that have ended count no more. */
  readonly #containers: Container[] = [];

  /** Use {@link startSandbox}. */
  constructor(anchor: Anchor, options: SandboxOptions) {
    this.isolation = options.isolation;
    this.pid = anchor.pid;
    this.mountinfoPath = `/proc/${anchor.pid}/mountinfo`;
    this.#ordinary = runnerOf((argv, spawnOptions) => this.spawn(argv, spawnOptions), options);
    this.#anchor = anchor;
    this.#hasOwnMounts = options.isolation === "private" || options.window !== undefined;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? noLog;
    this.#start = [locateProgram("setsid"), ...cleanStart(readOwnState())];
    this.#inhabitants = new Inhabitants(anchor, this.#clock, () => this.#keepers());
  }

  /** The sandbox for the functions of `src/host/` that mount and unmount. */
  get view(): MountView {
    return { runner: this, mountinfoPath: this.mountinfoPath, rootPrefix: `/proc/${this.pid}/root` };
  }

  /** A path of the sandbox in our own view of the file system, valid while the sandbox lives. */
  hostPath(path: string): string {
    return `/proc/${this.pid}/root${path.startsWith("/") ? "" : "/"}${path}`;
  }

  /** Runs a program inside to its end; what is brief by a shell that is inside already, where that can be. */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return (options.brief && (await this.#runBriefly(argv, options))) ?? this.#ordinary.run(argv, options);
  }

  /**
   * Starts a program inside, in a session of its own, without a terminal: nothing in there can ask a person, or gets
   * the terminal's Ctrl-C. Its `kill` reaches everything it started.
   * @throws {SandboxError} when the sandbox has ended
   */
  async spawn(argv: readonly string[], options: SpawnOptions = {}): Promise<RunningProcess> {
    if (!this.#anchor.isAlive) throw endedError(this.#anchor);
    // nsenter would find that out too, but say it with an exit code that could be the program's own.
    locateProgram(argv[0] ?? "", (options.env ?? hostEnvironment()).PATH);
    const { cwd, ...rest } = options;
    const entry = await this.#host.spawn([...this.#startWords(cwd), ...argv], rest);
    const command = new SandboxCommand(entry, () => this.#inhabitants.list(), this.#clock);
    for (const other of this.#commands) other.ranWithOthers = command.ranWithOthers = true;
    this.#commands.add(command);
    void command.exited.then(() => this.#commands.delete(command));
    return command;
  }

  /**
   * Makes a container of the image that is mounted in here. It ends with the sandbox.
   * @param runner Runs the mounting, when not the sandbox itself: a `command_wrapper` goes around it
   * @throws {SandboxError}
   */
  async startContainer(options: ContainerOptions, runner: CommandRunner = this): Promise<Container> {
    const { mountinfoPath } = this;
    const hasOwnProc = this.isolation === "private";
    const place = { runner, mountinfoPath, enter: this.#enterArgv("/"), hasOwnProc, clock: this.#clock };
    const container = await startContainer(place, options);
    this.#containers.push(container);
    return container;
  }

  /** The processes in the sandbox now. Between commands these are what the commands left behind. */
  leftovers(): Promise<SandboxProcess[]> {
    return this.#inhabitants.describe();
  }

  /**
   * Ends the containers in here and what the commands left behind: SIGTERM, then SIGKILL for what is still there after
   * `graceMs` (3 000 ms), and for what turns up meanwhile. Comes before the unmounting. The sandbox can be used afterwards.
   * @returns what was ended, to be told as a warning
   */
  async stopLeftovers(options: { readonly graceMs?: number } = {}): Promise<SandboxProcess[]> {
    const stopped: SandboxProcess[] = [];
    for (const container of [...this.#containers]) {
      stopped.push(...(await container.stop(options)));
      this.#containers.splice(this.#containers.indexOf(container), 1);
    }
    // The shell would be among those that are signalled.
    return [...stopped, ...(await this.#inhabitants.stop(options, () => this.#shell.end()))];
  }

  /**
   * Ends everything inside, then the sandbox itself, with its private mounts. A second call does nothing.
   * @returns the processes that were ended, to be told as a warning
   */
  async stop(): Promise<SandboxProcess[]> {
    if (!this.#anchor.isAlive) return [];
    try {
      return await this.stopLeftovers();
    } finally {
      await this.#anchor.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #runBriefly(
    argv: readonly string[],
    { stdin, okExitCodes, brief }: RunOptions,
  ): Promise<RunResult | undefined> {
    const path = brief?.stdinPath;
    if (stdin !== undefined && path === undefined) return undefined;
    locateProgram(argv[0] ?? "", hostEnvironment().PATH);
    const startedAt = this.#clock.now();
    const ended = await this.#shell.run(
      argv,
      stdin === undefined || path === undefined ? undefined : { path, fd: stdin },
    );
    if (ended === undefined) return undefined;
    this.#log.write(logEntry(argv, ended.status, this.#clock.now() - startedAt));
    return resultOf(argv, ended, okExitCodes);
  }

  /** @throws {SandboxError} when the sandbox has ended */
  #startShell(script: string): Promise<RunningProcess> {
    if (!this.#anchor.isAlive) throw endedError(this.#anchor);
    return this.#host.spawn([...this.#startWords("/"), "/bin/sh", "-c", script]);
  }

  #keepers(): { readonly session: number }[] {
    const anchors = this.#containers.map((each) => each.anchor).filter((each) => each.isAlive);
    const { session } = this.#shell;
    return session === undefined ? anchors : [...anchors, { session }];
  }

  #startWords(cwd: string | undefined): readonly string[] {
    return [...this.#endsWithUs, ...this.#enterArgv(cwd), ...this.#start];
  }

  #enterArgv(cwd: string | undefined): string[] {
    const folder = this.hostPath(cwd ?? process.cwd());
    const workFolder = cwd !== undefined || isThere(folder) ? folder : this.hostPath("/");
    return enterWordsOf(this.pid, { hasOwnMounts: this.#hasOwnMounts, folder: workFolder });
  }
}

/**
 * Words that enter the namespaces of a sandbox. Entering a mount namespace goes to its root folder: the working folder is entered
 * by hand, as the sandbox has it.
 */
function enterWordsOf(
  pid: number,
  { hasOwnMounts, folder }: { readonly hasOwnMounts: boolean; readonly folder: string },
): string[] {
  const namespaces = ["--pid", ...OWN_NAMESPACES, ...(hasOwnMounts ? ["--mount"] : [])];
  return [locateProgram("nsenter"), "--target", `${pid}`, ...namespaces, `--wd=${folder}`, "--"];
}

/** What another build mounts in its window meanwhile comes on top of what is about to go: then it is tried again. */
const DROP_TRIES = 20;

/** @throws {SandboxError} when one of these mounts stays: it would keep its disk busy for as long as we live */
async function dropMounts(sandbox: Sandbox, options: SandboxOptions): Promise<void> {
  const { window, log = noLog, dropMountPaths = [] } = options;
  const keepPaths = [process.cwd(), tmpdir(), ...(options.keepPaths ?? []), ...(window ? [window.mountPath] : [])];
  const rule = { dropMountPaths, keepPaths };
  let toDrop = mountsToDrop(await readMountinfo(sandbox.mountinfoPath), rule);
  for (let tries = 1; toDrop.length > 0; tries++) {
    const paths = toDrop.map(({ mountPoint }) => mountPoint);
    if (tries > DROP_TRIES) {
      throw new SandboxError(`The sandbox cannot let go of the mounts on ${paths.join(", ")}`, {
        hint: "Unmount them on this machine, if nothing needs them, and build again",
      });
    }
    // Lazily: these are copies that nothing in here uses yet, and the originals stay as they are. One whose original is
    // unmounted meanwhile goes by itself, which umount calls a failure of all (32) or some (64).
    const argv = ["umount", "--lazy", "--no-canonicalize", "--", ...paths];
    await sandbox.run(argv, { okExitCodes: [0, 32, 64] });
    log.write({ kind: "note", message: `Dropped inside the sandbox: ${paths.join(", ")}` });
    toDrop = mountsToDrop(await readMountinfo(sandbox.mountinfoPath), rule);
  }
}

function isThere(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
