import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { Clock } from "../common/clock.ts";
import { describeExit } from "../host/command-error.ts";
import type { CommandRunner, RunningProcess } from "../host/run-command.ts";
import type { Acceleration } from "./acceleration.ts";
import { Console } from "./console.ts";
import { type QemuOptions, qemuArguments } from "./qemu-arguments.ts";

export interface GuestOptions extends QemuOptions {
  readonly pattern: RegExp;
  readonly timeoutMs: number;
  readonly runner: CommandRunner;
  readonly signal?: AbortSignal | undefined;
  readonly clock: Clock;
  readonly onLine?: (line: string, acceleration: Acceleration) => void;
}

/** What a boot has come to. */
export type BootOutcome =
  | { readonly kind: "booted" }
  /** The console shows that nothing more will come: a panic, an emergency shell. */
  | { readonly kind: "dead-end"; readonly line: string }
  | { readonly kind: "ended"; readonly how: string; readonly said: string; readonly isFailureOfQemu: boolean }
  | { readonly kind: "late" };

/** What a console shows when nothing more will come, so that nobody has to wait for the deadline. */
const DEAD_ENDS = [
  /Kernel panic - not syncing[^\n]*\n/,
  /\(initramfs\)/,
  /You are in (emergency|rescue) mode/,
  /Give root password for maintenance/,
  /Entering emergency mode/,
  /grub rescue>/,
  /No bootable device/,
  /BdsDxe: No bootable option/,
  /^ *Shell> /m, // of UEFI, which found nothing to boot
];

/** A guest under QEMU that boots a volume, watched from its first line to what comes of it. */
export class BootingGuest {
  readonly acceleration: Acceleration;
  readonly console: Console;
  /** @throws {CancelledError} */
  readonly outcome: Promise<BootOutcome>;
  readonly #guest: RunningProcess;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #stopped = new AbortController();
  readonly #listeners = new Set<() => void>();

  /** @throws {MissingProgramError} without QEMU */
  static async start(options: GuestOptions, acceleration: Acceleration): Promise<BootingGuest> {
    const argv = qemuArguments(options, acceleration);
    const guest = await options.runner.spawn(argv, { stdio: ["ignore", "pipe", "pipe"] });
    return new BootingGuest(guest, options, acceleration);
  }

  private constructor(guest: RunningProcess, options: GuestOptions, acceleration: Acceleration) {
    const { clock, onLine, signal } = options;
    this.acceleration = acceleration;
    this.#guest = guest;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.console = new Console((line) => onLine?.(line, acceleration), clock);
    this.console.listen(guest.stdout as Readable, () => {
      for (const listener of this.#listeners) listener();
    });
    const stop = signal ? AbortSignal.any([signal, this.#stopped.signal]) : this.#stopped.signal;
    this.outcome = Promise.race([
      this.#watch(options.pattern),
      this.#end(),
      clock.sleep(options.timeoutMs, stop).then((): BootOutcome => ({ kind: "late" })),
    ]);
    this.outcome.catch(() => undefined); // whoever starts it awaits it, or has stopped it
  }

  elapsedMs(): number {
    return this.#clock.now() - this.#startedAt;
  }

  /** Waits until the console has shown nothing new for so long. Rejects when the guest is stopped. */
  async untilSilent(ms: number): Promise<void> {
    for (let rest = ms; rest > 0; rest = ms - this.console.silentMs()) {
      await this.#clock.sleep(rest, this.#stopped.signal);
    }
  }

  /** Waits until it has shown more lines than another guest of the same volume. */
  overtakes(other: BootingGuest): Promise<void> {
    return this.#until(() => (this.console.lines > other.console.lines ? true : undefined)).then(() => undefined);
  }

  /** Ends QEMU, if it still runs. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#guest.kill("SIGKILL");
    await this.#guest.exited;
    this.console.end();
  }

  #watch(pattern: RegExp): Promise<BootOutcome> {
    const wanted = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
    return this.#until(() => {
      const text = this.console.text();
      if (wanted.test(text)) return { kind: "booted" };
      const line = DEAD_ENDS.map((end) => end.exec(text)?.[0]).find((found) => found !== undefined);
      return line === undefined ? undefined : { kind: "dead-end", line: line.trim() };
    });
  }

  /** Asks again whenever the console changes. */
  #until<Answer>(ask: () => Answer | undefined): Promise<Answer> {
    return new Promise((resolve) => {
      const listener = () => {
        const answer = ask();
        if (answer === undefined) return;
        this.#listeners.delete(listener);
        resolve(answer);
      };
      this.#listeners.add(listener);
      listener();
    });
  }

  /** How QEMU ended, with what it said: a guest that powers off or reboots ends it without a word. */
  async #end(): Promise<BootOutcome> {
    const said: Buffer[] = [];
    this.#guest.stderr?.on("data", (chunk: Buffer) => said.push(chunk));
    const status = await this.#guest.exited;
    // The last words may still be in the pipe: a pattern among them counts.
    if (this.#guest.stdout) await finished(this.#guest.stdout).catch(() => undefined);
    const isFailureOfQemu = status.code !== 0;
    const how = isFailureOfQemu ? `with ${describeExit(status)}` : "as the guest powered off or rebooted";
    return { kind: "ended", how, said: Buffer.concat(said).toString("utf8").trim().slice(-2_000), isFailureOfQemu };
  }
}
