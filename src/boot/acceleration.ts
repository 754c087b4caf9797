import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type Clock, systemClock } from "../common/clock.ts";
import type { CommandRunner } from "../host/run-command.ts";

const PROBE_TIMEOUT_MS = 5_000;
const PROBE_TEXT = "KVM";

/**
 * A boot sector that writes a text to the first serial port and halts.
 * @see Intel 64 and IA-32 Software Developer's Manual: MOV DX (BA), MOV AL (B0), OUT DX (EE), HLT (F4), JMP (EB)
 */
function probeSector(): Buffer {
  const sector = Buffer.alloc(512);
  const print = [...PROBE_TEXT].flatMap((letter) => [0xb0, letter.charCodeAt(0), 0xee]);
  Buffer.from([0xba, 0xf8, 0x03, ...print, 0xf4, 0xeb, 0xfd]).copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/**
 * Whether guests really run under KVM here. On some clouds `/dev/kvm` is there and a guest hangs, so a guest of one
 * sector has to print within 5 s.
 */
export async function canUseKvm(
  runner: CommandRunner,
  options: { readonly signal?: AbortSignal | undefined; readonly clock?: Clock } = {},
): Promise<boolean> {
  if (!isReadWrite("/dev/kvm")) return false;
  const folder = await mkdtemp(join(tmpdir(), "kvm-probe-"));
  try {
    const disk = join(folder, "probe.raw");
    await writeFile(disk, probeSector());
    return await printsInTime(runner, disk, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function printsInTime(
  runner: CommandRunner,
  disk: string,
  { signal, clock = systemClock }: { readonly signal?: AbortSignal | undefined; readonly clock?: Clock },
): Promise<boolean> {
  const guest = await runner.spawn(probeArguments(disk), { stdio: ["ignore", "pipe", "ignore"] });
  const done = new AbortController();
  const stop = signal ? AbortSignal.any([signal, done.signal]) : done.signal;
  try {
    return await Promise.race([
      hasPrinted(guest.stdout),
      guest.exited.then(() => false),
      clock.sleep(PROBE_TIMEOUT_MS, stop).then(() => false),
    ]);
  } finally {
    done.abort();
    guest.kill("SIGKILL");
    await guest.exited;
  }
}

function probeArguments(disk: string): string[] {
  const drive = `file=${disk},format=raw,snapshot=on`;
  return ["qemu-system-x86_64", "-accel", "kvm", "-m", "16", "-nic", "none", "-nodefaults", "-display", "none"].concat([
    ...["-serial", "stdio", "-drive", drive],
  ]);
}

function hasPrinted(stdout: Readable | null): Promise<boolean> {
  let text = "";
  return new Promise((resolve) => {
    stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.includes(PROBE_TEXT)) resolve(true);
    });
  });
}

function isReadWrite(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
