import type { Readable } from "node:stream";
import { type ProcessNode, readChildren } from "../host/process-tree.ts";
import type { EndedRun, RunningProcess } from "../host/run-command.ts";
import { quoteWord, shellQuote } from "../host/shell-quote.ts";
import { isSameFolder, openFolder, usingFd } from "./openat.ts";

/** A folder that a program gets as its standard input. */
export interface FolderInput {
  /** As the shell sees it. */
  readonly path: string;
  /** What stands for it in our process. */
  readonly fd: number;
}

const [BEGUN, OVER] = ["\u0001", "\u0000"];

/**
 * For each line the shell says that it has begun, does it, and says at the end of both outputs that it is over. What `inside` runs
 * has the working folder as its standard input.
 */
const SCRIPT = String.raw`
run() { "$@" </dev/null; }
inside() { "$@" <.; code=$?; cd /; return "$code"; }
while IFS= read -r line; do
  printf '\001'
  eval "$line"
  code=$?
  printf '\000' >&2
  printf '\000%d\n' "$code"
done`;

/**
 * A shell in a sandbox that runs short programs of ours, one after the other. It is there already, and small: starting a program from
 * it takes one process, and from ours, which is large, five of them and the copying of our memory's tables.
 *
 * Whatever is unusual is not for it, and is to be started in the ordinary way.
 */
export class StandingShell {
  readonly #start: (script: string) => Promise<RunningProcess>;
  #shell: Promise<Shell | undefined> | undefined;
  /** Set once it stands. */
  #process: ProcessNode | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param start Starts a shell with a script in the sandbox, in a session of its own and with `/` as its working folder */
  constructor(start: (script: string) => Promise<RunningProcess>) {
    this.#start = start;
  }

  /** Its session, which no other command is in; `undefined` while it does not stand. */
  get session(): number | undefined {
    return this.#process?.session;
  }

  /**
   * Runs a program to its end. Nothing that it prints may have a NUL in it.
   * @param input Without it standard input is empty
   * @returns `undefined` when nothing was run
   */
  run(argv: readonly string[], input?: FolderInput): Promise<EndedRun | undefined> {
    return this.#inTurn(async () => {
      // It would be two lines.
      if ([...argv, input?.path ?? ""].some((word) => word.includes("\n"))) return undefined;
      for (let tries = 1; tries <= 2; tries++) {
        const shell = await this.#standing();
        if (shell === undefined) return undefined;
        if (input && !(await this.#enter(shell, input))) return undefined;
        const ended = await shell.exchange(`${input ? "inside" : "run"} ${shellQuote(argv)}`);
        if (ended !== undefined) return ended;
        // It has ended since: what ends everything in the sandbox is no reason to do without.
        this.#forget();
      }
      return undefined;
    });
  }

  /** Ends it; the next program gets another one. */
  end(): Promise<void> {
    return this.#inTurn(async () => {
      await (await this.#shell)?.end();
      this.#forget();
    });
  }

  #inTurn<T>(use: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(use);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #forget(): void {
    this.#shell = undefined;
    this.#process = undefined;
  }

  async #standing(): Promise<Shell | undefined> {
    this.#shell ??= this.#stand();
    try {
      const shell = await this.#shell;
      if (shell === undefined) this.#forget();
      return shell;
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  async #stand(): Promise<Shell | undefined> {
    const entry = await this.#start(SCRIPT);
    const shell = new Shell(entry);
    if ((await shell.exchange(":")) === undefined) return undefined;
    // What we started waits outside the namespace for it.
    [this.#process] = readChildren(entry.pid);
    return this.#process && shell;
  }

  /** Goes to a folder by its path; its descriptor proves that it is the one. */
  async #enter(shell: Shell, { path, fd }: FolderInput): Promise<boolean> {
    const entered = await shell.exchange(`cd -P -- ${quoteWord(path)} 2>/dev/null`);
    if (entered?.status.code === 0 && this.#isIn(fd)) return true;
    await shell.exchange("cd /");
    return false;
  }

  #isIn(fd: number): boolean {
    try {
      return usingFd(openFolder(`/proc/${this.#process?.pid}/cwd`), (cwd) => isSameFolder(cwd, fd));
    } catch {
      return false;
    }
  }
}

/** A shell that runs {@link SCRIPT}, and its two outputs. */
class Shell {
  readonly #entry: RunningProcess;
  readonly #stdout: Output;
  readonly #stderr: Output;

  constructor(entry: RunningProcess) {
    this.#entry = entry;
    this.#stdout = new Output(entry.stdout as Readable);
    this.#stderr = new Output(entry.stderr as Readable);
    entry.stdin?.on("error", () => undefined);
  }

  /** @returns `undefined` when the shell ended before it had begun */
  async exchange(line: string): Promise<EndedRun | undefined> {
    this.#entry.stdin?.write(`${line}\n`);
    const over = Promise.all([this.#stdout.until(`${OVER}.*\n`), this.#stderr.until(OVER)]);
    const ended = await Promise.race([over, this.#entry.exited]);
    if (Array.isArray(ended)) return parseAnswer(...ended);
    const [stdout, stderr] = [this.#stdout.rest(), this.#stderr.rest()];
    return stdout.startsWith(BEGUN) ? { status: ended, stdout: stdout.slice(1), stderr } : undefined;
  }

  async end(): Promise<void> {
    this.#entry.stdin?.end();
    await this.#entry.exited;
  }
}

function parseAnswer(stdout: string, stderr: string): EndedRun {
  const at = stdout.lastIndexOf(OVER);
  const status = { code: Number(stdout.slice(at + 1)), signal: null };
  return { status, stdout: stdout.slice(BEGUN.length, at), stderr: stderr.slice(0, -OVER.length) };
}

/** A stream of answers, each of which has a known end. */
class Output {
  #text = "";
  #onText: () => void = () => undefined;

  constructor(stream: Readable) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      this.#text += text;
      this.#onText();
    });
    stream.on("error", () => undefined);
  }

  /** @param end An expression for the end of an answer, after which nothing comes before it is asked again */
  until(end: string): Promise<string> {
    const whole = new RegExp(`${end}$`);
    return new Promise((resolve) => {
      this.#onText = () => {
        if (whole.test(this.#text)) resolve(this.rest());
      };
      this.#onText();
    });
  }

  rest(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }
}
