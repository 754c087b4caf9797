import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { type Clock, systemClock } from "../common/clock.ts";
import { throwIfCancelled } from "../common/errors.ts";
import { type CommandRunner, describeExit, type RunningProcess } from "../host/run-command.ts";
import { canUseKvm } from "./acceleration.ts";
import { BootCheckError } from "./boot-check-error.ts";
import { Console } from "./console.ts";
import { type QemuOptions, qemuArguments } from "./qemu-arguments.ts";

export interface BootTestOptions extends QemuOptions {
  /** What the serial console must show, such as `/login:/`. */
  readonly pattern: RegExp;
  readonly timeoutMs: number;
  /** `auto`: KVM when a probe guest prints within 5 s, TCG otherwise. */
  readonly acceleration: "auto" | "kvm" | "tcg";
  readonly runner: CommandRunner;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
  /** Every line of the console as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface BootTestResult {
  readonly acceleration: "kvm" | "tcg";
  readonly elapsedMs: number;
  /** The last lines of the console. */
  readonly tail: readonly string[];
}

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

/**
 * Boots the finished volume under QEMU until its serial console shows the pattern. The device is only read; what the guest
 * writes goes to a temporary file of QEMU.
 *
 * @throws {BootCheckError} when the guest panics, stops in an emergency shell, ends, or is not there at the deadline
 * @throws {MissingProgramError} without QEMU
 * @throws {CancelledError}
 */
export async function bootTest(options: BootTestOptions): Promise<BootTestResult> {
  const clock = options.clock ?? systemClock;
  throwIfCancelled(options.signal);
  const acceleration = await chooseAcceleration(options);
  const startedAt = clock.now();
  const argv = qemuArguments(options, acceleration);
  const guest = await options.runner.spawn(argv, { stdio: ["ignore", "pipe", "pipe"] });
  try {
    const console = new Console(options.onLine);
    await waitForPattern(guest, console, { ...options, clock });
    return { acceleration, elapsedMs: clock.now() - startedAt, tail: console.tail() };
  } finally {
    guest.kill("SIGKILL");
    await guest.exited;
  }
}

async function chooseAcceleration(options: BootTestOptions): Promise<"kvm" | "tcg"> {
  if (options.acceleration !== "auto") return options.acceleration;
  return (await canUseKvm(options.runner, options)) ? "kvm" : "tcg";
}

async function waitForPattern(
  guest: RunningProcess,
  console: Console,
  options: BootTestOptions & { readonly clock: Clock },
): Promise<void> {
  const done = new AbortController();
  const stop = options.signal ? AbortSignal.any([options.signal, done.signal]) : done.signal;
  const fail = (what: string, hint?: string) => {
    throw new BootCheckError(`The image does not boot: ${what}`, { tail: console.tail(), hint });
  };
  try {
    await Promise.race([
      watchConsole(guest, console, options.pattern),
      guestEnd(guest).then((how) => fail(`QEMU ended ${how}`)),
      options.clock.sleep(options.timeoutMs, stop).then(() => {
        const isSilent = console.tail().length === 0;
        const hint = isSilent
          ? "Nothing was on the serial console: add console=ttyS0 to the kernel's command line"
          : undefined;
        fail(`${options.pattern} was not on the console after ${options.timeoutMs / 1000} s`, hint);
      }),
    ]);
  } finally {
    done.abort();
  }
}

/** Resolves when the pattern is there, rejects at a dead end. */
function watchConsole(guest: RunningProcess, console: Console, pattern: RegExp): Promise<void> {
  const wanted = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
  return new Promise((resolve, reject) => {
    console.listen(guest.stdout as Readable, () => {
      const text = console.text();
      if (wanted.test(text)) return resolve();
      const deadEnd = DEAD_ENDS.map((end) => end.exec(text)?.[0])
        .find((found) => found !== undefined)
        ?.trim();
      if (deadEnd === undefined) return;
      reject(new BootCheckError(`The image does not boot: ${deadEnd}`, { tail: console.tail() }));
    });
  });
}

/** How QEMU ended, with what it said: a guest that powers off or reboots ends it without a word. */
async function guestEnd(guest: RunningProcess): Promise<string> {
  const said: Buffer[] = [];
  guest.stderr?.on("data", (chunk: Buffer) => said.push(chunk));
  const status = await guest.exited;
  // The last words may still be in the pipe: a pattern among them counts.
  if (guest.stdout) await finished(guest.stdout).catch(() => undefined);
  const text = Buffer.concat(said).toString("utf8").trim().slice(-2_000);
  if (status.code === 0) return "as the guest powered off or rebooted";
  return `with ${describeExit(status)}${text ? `: ${text}` : ""}`;
}
