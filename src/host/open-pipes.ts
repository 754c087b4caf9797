import { spawn } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError, describeExit, type ExitStatus } from "./command-error.ts";
import { hostEnvironment } from "./host-environment.ts";
import { startFailure } from "./start-failure.ts";

/** A pipe of the kernel that a child writes to. Its end is a descriptor to be passed on, and to be closed then. */
export interface OpenPipe {
  readonly ours: Socket;
  readonly childFd: number;
}

/**
 * Opens pipes to be the output streams of a program. Node's own children get sockets, and a socket cannot be opened a
 * second time: `echo x > /dev/stderr` and `tee /dev/stdout` fail on it. A pipe can, also by another user (`su`).
 *
 * Node has no call for pipe(2): these are named pipes whose names are gone before anybody gets one.
 * They do not serve as input: whoever opens such a pipe to read when its writer has closed it already waits for ever.
 */
export async function openPipes(count: number): Promise<OpenPipe[]> {
  const folder = mkdtempSync(join(tmpdir(), "outscale-chroot-pipes-"));
  const held: number[] = [];
  try {
    const paths = Array.from({ length: count }, (_, index) => join(folder, `${index}`));
    await makeFifos(paths);
    // Opened for both ways, which never waits for another end.
    for (const path of paths) held.push(openSync(path, "r+"));
    return held.map(openEnds);
  } finally {
    for (const fd of held) closeSync(fd);
    rmSync(folder, { recursive: true, force: true });
  }
}

function openEnds(fd: number): OpenPipe {
  const path = `/proc/self/fd/${fd}`;
  const ours = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return {
    ours: new Socket({ fd: ours, readable: true, writable: false }),
    // Programs expect that a write waits.
    childFd: openSync(path, constants.O_WRONLY),
  };
}

/** Readable and writable for everybody: who has the descriptor may open it, and no name leads to it. */
async function makeFifos(paths: readonly string[]): Promise<void> {
  const argv = ["mkfifo", "-m", "666", "--", ...paths];
  const status = await new Promise<ExitStatus>((resolve, reject) => {
    const child = spawn("mkfifo", argv.slice(1), { env: hostEnvironment(), stdio: "ignore" });
    child.once("error", (cause) => reject(startFailure(argv, cause)));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  if (status.code === 0) return;
  throw new CommandError(`Cannot make a pipe in "${tmpdir()}" (${describeExit(status)})`, { argv, status, stderr: "" });
}
