import type { ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { FleetError, messageOf } from "../../../../common/errors.ts";
import { locateProgram } from "../../../../host/program-path.ts";
import { endChild, startChild } from "./child.ts";

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

/** A program that runs beside us. */
export class Daemon implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #said = "";

  private constructor({ argv, env, logFile, stdin }: DaemonInput) {
    const [program = "", ...words] = argv;
    this.#child = startChild([locateProgram(program), ...words], { env, stdio: "pipe" });
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

  [Symbol.asyncDispose](): Promise<void> {
    return endChild(this.#child, this.#ended);
  }
}
