import { readFile } from "node:fs/promises";
import { MountError } from "../common/errors.ts";
import { CommandError } from "./command-error.ts";
import type { CommandRunner } from "./run-command.ts";

/** Can this kernel mount the type? Its module is loaded if there is one. */
export async function kernelSupports(runner: CommandRunner, type: string): Promise<boolean> {
  if (await isRegistered(type)) return true;
  await runner.run(["modprobe", "--quiet", `fs-${type}`]).catch((error) => {
    // No such module, or no modprobe: what the kernel lists afterwards is the answer.
    if (!(error instanceof CommandError)) throw error;
  });
  return isRegistered(type);
}

/** @throws {MountError} when the kernel lacks the type */
export async function requireKernelSupport(runner: CommandRunner, type: string, path: string): Promise<void> {
  if (await kernelSupports(runner, type)) return;
  throw new MountError(`Cannot mount "${path}": this kernel (${await readRelease()}) has no ${type}`, {
    target: path,
    hint: `Build on a VM whose kernel has ${type}, or install the package with its modules`,
  });
}

async function isRegistered(type: string): Promise<boolean> {
  const lines = (await readFile("/proc/filesystems", "utf8")).split("\n");
  return lines.some((line) => line.split("\t")[1] === type);
}

async function readRelease(): Promise<string> {
  return (await readFile("/proc/sys/kernel/osrelease", "utf8")).trim();
}
