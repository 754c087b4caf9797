import type { CommandRunner } from "./run-command.ts";

/** A file behind a loop device that nobody can write to. */
export interface LoopFile {
  /** `/dev/loop3` */
  readonly device: string;
  /** Lets go of it: it is gone when its last mount is, however that ends. A second time does nothing. */
  letGo(): Promise<void>;
}

/** @throws {CommandError} */
export async function openLoopFile(runner: CommandRunner, file: string): Promise<LoopFile> {
  // With partscan the kernel drops the partitions itself when the device goes.
  const argv = ["losetup", "--read-only", "--partscan", "--find", "--show", "--", file];
  const device = (await runner.run(argv)).stdout.trim();
  let isHeld = true;
  return {
    device,
    async letGo() {
      if (!isHeld) return;
      isHeld = false; // from here on its number may be another file's
      await runner.run(["losetup", "--detach", device]);
    },
  };
}
