import { spawnSync } from "node:child_process";
import { hostEnvironment } from "../../host/host-environment.ts";
import { hostRunner } from "../../host/run-command.ts";

export type Reserved = "reserved" | "full" | "unsupported";

/** Node has no call for it. @see fallocate(1), fallocate(2) FALLOC_FL_KEEP_SIZE */
function fallocate(fd: number, bytes: number): readonly string[] {
  return ["--keep-size", "--length", String(bytes), `/proc/self/fd/${fd}`];
}

/** Disk space for the first so many bytes of an open file, which stays as long as it is. */
export function reserveSpace(fd: number, bytes: number): Reserved {
  const options = { env: hostEnvironment(), encoding: "utf8" as const };
  const { status, stderr } = spawnSync("fallocate", fallocate(3, bytes), {
    ...options,
    stdio: ["ignore", "ignore", "pipe", fd],
  });
  return outcomeOf(status, stderr);
}

/** The same while the program goes on. */
export async function reserveSpaceAside(fd: number, bytes: number): Promise<Reserved> {
  try {
    const { exitCode, stderr } = await hostRunner().run(["fallocate", ...fallocate(0, bytes)], {
      stdin: fd,
      okExitCodes: [0, 1],
    });
    return outcomeOf(exitCode, stderr);
  } catch {
    return "unsupported"; // there is no such program, or it cannot be run
  }
}

function outcomeOf(exitCode: number | null, stderr: string | null): Reserved {
  if (exitCode === 0) return "reserved";
  return /No space left|quota exceeded/i.test(stderr ?? "") ? "full" : "unsupported";
}
