import { join } from "node:path";
import { runProgram } from "../../../src/run-program.ts";
import { recordingIo } from "../terminal/recording-io.ts";

/** Runs a command in this process, with the state and the local cloud (`cloud`) of a test's own folder. */
export async function runInFolder(folder: string, argv: readonly string[]) {
  const env = {
    OUTSCALE_CHROOT_STATE: join(folder, "state"),
    OUTSCALE_CHROOT_LOCAL_CLOUD: join(folder, "cloud"),
    PATH: process.env.PATH,
  };
  const io = recordingIo({ env });
  return { exitCode: await runProgram(argv, io), ...io.written };
}
