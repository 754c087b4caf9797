import { randomBytes } from "node:crypto";
import { open, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../common/clock.ts";
import { ignoreErrno } from "../common/errno.ts";
import { throwIfCancelled } from "../common/errors.ts";
import type { Acceleration } from "./acceleration.ts";
import { BootCheckError } from "./boot-check-error.ts";
import { bootFailure, inSeconds } from "./boot-failure.ts";
import { BootingGuest, type BootOutcome, type GuestOptions } from "./booting-guest.ts";
import {
  type FailedUnit,
  type GuestCommand,
  type GuestProgress,
  guestScript,
  readGuestFrames,
} from "./guest-script.ts";

export interface RunInGuestOptions extends Omit<GuestOptions, "pattern" | "direct" | "firmware"> {
  readonly commands: readonly string[];
  readonly acceleration: Acceleration;
  /** A folder of this machine for nobody but us, with the kernel and initrd of the image in it, if it has one. */
  readonly folder: string;
  readonly kernel: string;
  readonly initrd: string | undefined;
  /** The kernel's command line, as the boot loader has it. */
  readonly options: readonly string[];
  readonly clock: Clock;
  readonly onStart?: () => void;
}

export interface GuestRun {
  readonly commands: readonly GuestCommand[];
  readonly failedUnits: readonly FailedUnit[];
  readonly elapsedMs: number;
}

const POLL_MS = 200;
/** A guest that writes for ever must not fill this machine's disk. */
const MOST_BYTES = 16 * 1024 * 1024;
/** They wait for a network, and there is none: they would fail after minutes, and say nothing of the image. */
const NETWORK_WAITS = ["systemd-networkd-wait-online.service", "NetworkManager-wait-online.service"];
/** Disks are found one after the other; systemd expands no variable in here, as there is none. */
const START = "/bin/sh -c 'until test -b /dev/vda; do sleep 0.2; done; exec /bin/sh /dev/vda'";

/**
 * Boots the volume once more, with the image's own kernel and initrd, and has systemd run commands in it, with the loopback
 * interface and no network. The volume is only read; what the guest writes goes to a temporary file of QEMU.
 * @returns what became of every command, failed ones too
 * @throws {BootCheckError} when the guest does not come so far, or is not through in time
 * @throws {CancelledError}
 */
export async function runInGuest(options: RunInGuestOptions): Promise<GuestRun> {
  const { commands, folder, signal, clock, timeoutMs, acceleration } = options;
  throwIfCancelled(signal);
  const nonce = randomBytes(16).toString("hex");
  const script = join(folder, "script.raw");
  const answers = join(folder, "answers");
  await writeFile(script, paddedToSectors(guestScript(commands, nonce)), { mode: 0o600 });
  await (await open(answers, "w", 0o600)).close();
  const direct = { ...options, commandLine: commandLineOf(options.options), script, answers };
  const guest = await BootingGuest.start({ ...options, pattern: /(?!)/, firmware: "legacy", direct }, acceleration);
  try {
    options.onStart?.();
    const stopped = new AbortController();
    const watched = watchAnswers(answers, { commands, nonce, clock, signal: stopped.signal });
    const outcome = await Promise.race([watched, guest.outcome]).finally(() => stopped.abort());
    const progress = await readAnswers(answers, commands, nonce);
    if (progress.isDone) return { ...progress, elapsedMs: guest.elapsedMs() };
    throw "kind" in outcome ? failureOf(guest, outcome, progress, timeoutMs) : tooMuch();
  } finally {
    await guest.stop();
  }
}

function failureOf(
  guest: BootingGuest,
  outcome: BootOutcome,
  progress: GuestProgress,
  timeoutMs: number,
): BootCheckError {
  if (outcome.kind === "late") {
    const spent = `after ${inSeconds(timeoutMs)} under ${guest.acceleration.toUpperCase()}`;
    return new BootCheckError(`The commands of boot_test.run were not through ${spent}: ${progress.doing}`, {
      tail: guest.console.tail(),
      hint: "Raise boot_test.timeout, or mend what does not end",
    });
  }
  if (outcome.kind === "booted") throw new Error("The guest that runs commands has no pattern");
  const failure = bootFailure(guest, outcome, { pattern: /(?!)/, timeoutMs, consoleFile: undefined });
  return new BootCheckError(`The commands of boot_test.run did not run to their end. ${failure.message}`, {
    hint: failure.hint,
  });
}

function tooMuch(): BootCheckError {
  return new BootCheckError(`The commands of boot_test.run have written more than ${MOST_BYTES / 1024 / 1024} MiB`);
}

/** The kernel's own options, the console that is watched, and the script in the place of the default target. */
export function commandLineOf(options: readonly string[]): string {
  // What names another target, or ends the boot early, would come before ours.
  const kept = options.filter((word) => !/^(systemd\.unit=|systemd\.run|single$|[1-5]$|rescue$|emergency$)/.test(word));
  return [
    ...kept,
    ...(kept.some((word) => word.startsWith("console=ttyS0")) ? [] : ["console=ttyS0"]),
    ...NETWORK_WAITS.map((unit) => `systemd.mask=${unit}`),
    `systemd.run="${START}"`,
  ].join(" ");
}

interface Watched {
  readonly commands: readonly string[];
  readonly nonce: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Until everything was told, or too much. Never rejects: it ends with the guest. */
async function watchAnswers(
  path: string,
  { commands, nonce, clock, signal }: Watched,
): Promise<{ readonly isDone: boolean }> {
  for (;;) {
    const size = (await stat(path)).size;
    if (size > MOST_BYTES) return { isDone: false };
    if ((await readAnswers(path, commands, nonce)).isDone) return { isDone: true };
    const isStopped = await clock.sleep(POLL_MS, signal).then(
      () => false,
      () => true,
    );
    if (isStopped) return new Promise(() => undefined);
  }
}

async function readAnswers(path: string, commands: readonly string[], nonce: string): Promise<GuestProgress> {
  const text = await readFile(path, "utf8").catch(ignoreErrno("ENOENT"));
  return readGuestFrames(text ?? "", commands, nonce);
}

/** A shell reads a disk to its end: what fills the last sector must mean nothing. */
function paddedToSectors(script: string): Buffer {
  const bytes = Buffer.from(script);
  const padded = Buffer.alloc(Math.ceil(bytes.length / 512) * 512, "\n");
  bytes.copy(padded);
  return padded;
}
