import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { FleetError, messageOf } from "../../../../common/errors.ts";
import { locateProgram } from "../../../../host/program-path.ts";

export interface DaemonInput {
  /** For messages: `redis-server`. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** What it reads: passwords are nothing for arguments. */
  readonly stdin?: string;
  /** What it says when it is ready. */
  readonly ready: string;
}

/** What a program has said last is shown when it ends too soon. */
const SHOWN_BYTES = 2_000;

const AGAIN_MS = 5_000;
const LAST_MS = 20_000;

/** A program that runs beside us. It has a session of its own, so that Ctrl-C is for us alone, and ends when we are killed. */
export class Daemon implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #said = "";

  private constructor({ argv, env, logFile, stdin }: DaemonInput) {
    const [program = "", ...words] = argv;
    const command = ["--pdeathsig", "KILL", "--", locateProgram(program), ...words];
    this.#child = spawn(locateProgram("setpriv"), command, { env, detached: true, stdio: "pipe" });
    this.#child.on("error", (error) => {
      this.#said += messageOf(error);
    });
    this.#ended = new Promise((resolve) => this.#child.once("close", resolve));
    const log = createWriteStream(logFile, { mode: 0o600 });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (piece: Buffer) => {
        this.#said = (this.#said + piece).slice(-SHOWN_BYTES);
        log.write(piece);
      });
    }
    this.#child.stdin?.on("error", () => undefined).end(stdin ?? "");
  }

  /** @throws {FleetError} with what it has said, when it ends instead of getting ready */
  static async start(input: DaemonInput): Promise<Daemon> {
    const daemon = new Daemon(input);
    const ready = new Promise<void>((resolve) => {
      daemon.#child.stdout?.on("data", () => daemon.#said.includes(input.ready) && resolve());
    });
    await Promise.race([ready, daemon.died(input.name)]);
    return daemon;
  }

  /** Never comes back while it runs. @throws {FleetError} when it ends */
  async died(name: string): Promise<never> {
    await this.#ended;
    throw new FleetError(`${name} has ended: ${this.#said.trim()}`);
  }

  /** Asks it to end, asks again, and has it end: a worker whose queue is gone waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const end = (signal: NodeJS.Signals) => () => void this.#child.kill(signal);
    end("SIGTERM")();
    const [again, last] = [setTimeout(end("SIGTERM"), AGAIN_MS), setTimeout(end("SIGKILL"), LAST_MS)];
    await this.#ended;
    clearTimeout(again);
    clearTimeout(last);
  }
}
