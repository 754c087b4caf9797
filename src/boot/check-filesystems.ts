import { open } from "node:fs/promises";
import { CommandError, describeExit, MissingProgramError } from "../host/command-error.ts";
import { findNewerFeature } from "../host/newer-feature.ts";
import type { CommandRunner } from "../host/run-command.ts";
import type { Finding } from "./finding.ts";
import type { ImagePart } from "./image-part.ts";

/** The check of each type of file system, which repairs nothing. Any exit code but 0 means trouble. */
const CHECKERS: Readonly<Record<string, readonly string[]>> = {
  ext2: ["e2fsck", "-fn"],
  ext3: ["e2fsck", "-fn"],
  ext4: ["e2fsck", "-fn"],
  xfs: ["xfs_repair", "-n"],
  btrfs: ["btrfs", "check", "--readonly"],
  vfat: ["fsck.fat", "-n"],
};

const SHOWN_LINES = 6;

/** Checks every file system of the volume, which must not be mounted: nothing is repaired. */
export async function checkFilesystems(
  parts: readonly ImagePart[],
  options: { readonly runner: CommandRunner; readonly signal?: AbortSignal | undefined },
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { path, filesystem } of parts) {
    const checker = CHECKERS[filesystem?.type ?? ""];
    if (!checker) continue;
    const said: Buffer[] = [];
    try {
      await options.runner.run([...checker, path], { signal: options.signal, onStdout: (chunk) => said.push(chunk) });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const stdout = Buffer.concat(said).toString("utf8");
      findings.push(describeFailure(error, { path, type: filesystem?.type ?? "", stdout }));
    }
  }
  return findings;
}

function describeFailure(
  error: CommandError,
  { path, type, stdout }: { readonly path: string; readonly type: string; readonly stdout: string },
): Finding {
  const [program] = error.argv;
  if (error instanceof MissingProgramError) {
    return { severity: "warning", what: `the ${type} was not checked: ${program} is not installed`, where: path };
  }
  const feature = findNewerFeature(`${error.stderr}\n${stdout}`);
  if (feature !== undefined) {
    const what = `the ${type} cannot be checked: this ${program} is too old for a feature of it: ${feature}`;
    return { severity: "warning", what, where: path, hint: `install a newer ${program} on this machine` };
  }
  // What they find stands on standard output; standard error has e2fsck's version.
  const lines = (stdout || error.stderr).split("\n").map((line) => line.trim());
  const said = lines
    .filter((line) => line !== "")
    .slice(-SHOWN_LINES)
    .join("; ");
  const what = `${program} found errors in the ${type} (${describeExit(error.status)}): ${said}`;
  return { severity: "error", what, where: path };
}

/** The part of the first sector that is a program: after it come the disk's id and the table of partitions. */
const BOOT_CODE_BYTES = 440;
const ESP_TYPES = ["c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "ef", "0xef"];

/**
 * Checks that firmware finds something to start: a program in the first sector, or an EFI system partition.
 * @param device The volume
 */
export async function checkBootSector(device: string, parts: readonly ImagePart[]): Promise<readonly Finding[]> {
  if (parts.some(({ partition }) => ESP_TYPES.includes(partition?.type.toLowerCase() ?? ""))) return [];
  const file = await open(device, "r");
  try {
    const { buffer } = await file.read(Buffer.alloc(BOOT_CODE_BYTES), 0, BOOT_CODE_BYTES, 0);
    if (buffer.some((byte) => byte !== 0)) return [];
  } finally {
    await file.close();
  }
  const hint = "run grub-install on the volume, or write mbr.bin to its first sector";
  return [{ severity: "error", what: "there is no boot loader in the first sector and no ESP", where: device, hint }];
}
