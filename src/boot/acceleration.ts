import { accessSync, constants } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Clock, systemClock } from "../common/clock.ts";
import { throwIfCancelled } from "../common/errors.ts";
import { hostEnvironment } from "../host/host-environment.ts";
import type { CommandRunner, RunningProcess } from "../host/run-command.ts";
import { type MakeTemporaryFolder, makeTemporaryFolder } from "../host/temporary-folder.ts";
import { processorArguments } from "./qemu-arguments.ts";

/** Who runs the guest's instructions: the processor (KVM), or QEMU, which translates them (TCG). */
export type Acceleration = "kvm" | "tcg";

export interface AccelerationChoice {
  readonly acceleration: Acceleration;
  /** What it was chosen for, for the debug log. */
  readonly why: string;
}

export interface ChooseOptions {
  /** How long to wait for a guest that says something, when none does. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
  /** Makes the folder of the small guests; a build's own goes even when the build is killed. */
  readonly makeTemporaryFolder?: MakeTemporaryFolder;
  /** The node that QEMU opens for KVM. */
  readonly kvmDevice?: string;
}

const PROBE_TEXT = "probe";
/** Some tens of milliseconds for a processor, about a second for a translator. */
const PROBE_ROUNDS = 2 ** 26;
/** KVM has to be so many times as fast as TCG: at its best it is more, and where it is not, TCG does. */
const CLEARLY_FASTER = 2;

/**
 * Decides whether guests run under KVM. That `/dev/kvm` is there does not say that it works: on some clouds a guest
 * hangs, or crawls, or QEMU itself ends. So the same small guest is started under both at the same time, and KVM is taken only if it is clearly
 * faster there; how fast this machine is, and what else it does, makes no difference.
 * @throws {CancelledError}
 */
export async function chooseAcceleration(runner: CommandRunner, options: ChooseOptions): Promise<AccelerationChoice> {
  const { signal, kvmDevice = "/dev/kvm" } = options;
  throwIfCancelled(signal);
  if (!isReadWrite(kvmDevice)) return { acceleration: "tcg", why: `${kvmDevice} cannot be used` };
  const folder = await (options.makeTemporaryFolder ?? makeTemporaryFolder)("kvm-probe-");
  try {
    const disk = join(folder.path, "probe.raw");
    await writeFile(disk, probeSector());
    return await raceProbes(runner, disk, options);
  } finally {
    await folder.remove();
  }
}

async function raceProbes(runner: CommandRunner, disk: string, options: ChooseOptions): Promise<AccelerationChoice> {
  const { clock = systemClock, timeoutMs } = options;
  const done = new AbortController();
  const stop = options.signal ? AbortSignal.any([options.signal, done.signal]) : done.signal;
  const guests: RunningProcess[] = [];
  try {
    const startedAt = clock.now();
    // QEMU has a file for what a guest writes, and takes its name away at once, unless it is killed before.
    const env = { ...hostEnvironment(), TMPDIR: dirname(disk) };
    for (const acceleration of ["kvm", "tcg"] as const) {
      const argv = probeArguments(disk, acceleration);
      guests.push(await runner.spawn(argv, { env, stdio: ["ignore", "pipe", "ignore"] }));
    }
    const [kvm, tcg] = guests.map(hasPrinted) as [Promise<boolean>, Promise<boolean>];
    const late = clock.sleep(timeoutMs, stop).then(() => false);
    const isKvmFirst = await Promise.race([kvm, whenTrue(tcg).then(() => false), late]);
    if (!isKvmFirst) return { acceleration: "tcg", why: "the probe guest was not faster under KVM" };
    const kvmMs = clock.now() - startedAt;
    const headStart = clock.sleep(kvmMs * (CLEARLY_FASTER - 1), stop).then(() => false);
    const isTcgClose = await Promise.race([tcg, headStart]);
    const compared = `the probe guest took ${Math.round(kvmMs)} ms under KVM`;
    if (isTcgClose) return { acceleration: "tcg", why: `${compared}, and not much more under TCG` };
    return { acceleration: "kvm", why: `${compared}, and more than ${CLEARLY_FASTER} times that under TCG` };
  } finally {
    done.abort();
    for (const guest of guests) guest.kill("SIGKILL");
    await Promise.all(guests.map(({ exited }) => exited));
  }
}

/** A guest that ends without a word has lost. */
function hasPrinted({ stdout, exited }: RunningProcess): Promise<boolean> {
  let text = "";
  return new Promise((resolve) => {
    stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.includes(PROBE_TEXT)) resolve(true);
    });
    void exited.then(() => resolve(false));
  });
}

/** Never resolves for `false`. */
function whenTrue(answer: Promise<boolean>): Promise<void> {
  return new Promise((resolve) => void answer.then((isTrue) => isTrue && resolve()));
}

/**
 * A boot sector that counts down, writes a text to the first serial port and halts: firmware and devices take part in what
 * is measured, and so does computing.
 *
 * @see Intel 64 and IA-32 Software Developer's Manual: CLI (FA), MOV ECX (66 B9), DEC ECX (66 49), JNZ (75), MOV DX (BA),
 * MOV AL (B0), OUT DX (EE), HLT (F4), JMP (EB)
 */
function probeSector(): Buffer {
  const sector = Buffer.alloc(512);
  const rounds = Buffer.alloc(4);
  rounds.writeUInt32LE(PROBE_ROUNDS);
  const count = [0xfa, 0x66, 0xb9, ...rounds, 0x66, 0x49, 0x75, 0xfc];
  const print = [...PROBE_TEXT].flatMap((letter) => [0xb0, letter.charCodeAt(0), 0xee]);
  Buffer.from([...count, 0xba, 0xf8, 0x03, ...print, 0xf4, 0xeb, 0xfd]).copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

function probeArguments(disk: string, acceleration: Acceleration): string[] {
  const drive = `file=${disk.replaceAll(",", ",,")},format=raw,snapshot=on`;
  return [
    ...["qemu-system-x86_64", ...processorArguments(acceleration), "-m", "16", "-nic", "none", "-nodefaults"],
    ...["-display", "none", "-serial", "stdio", "-drive", drive],
  ];
}

function isReadWrite(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
