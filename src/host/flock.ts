import { spawn } from "node:child_process";
import { CommandError, describeExit, hostEnvironment, MissingProgramError } from "./run-command.ts";

/**
 * Takes the flock(2) of an open file without waiting. Node has no call for it: `flock` of util-linux takes it
 * on our descriptor, and the lock stays with the open file after that child exits, until the descriptor is closed or
 * we die.
 * @param fd Any open descriptor of the file, or of a folder
 * @param mode `shared`: others may have it too, as long as nobody wants it for himself
 * @returns false while another open file has the lock
 * @throws {CommandError} when it can be neither taken nor refused
 */
export function tryFlock(fd: number, mode: "exclusive" | "shared" = "exclusive"): Promise<boolean> {
  const argv = ["flock", `--${mode}`, "--nonblock", "3"];
  return new Promise((resolve, reject) => {
    const child = spawn("flock", argv.slice(1), { env: hostEnvironment(), stdio: ["ignore", "ignore", "ignore", fd] });
    child.once("error", (cause) => reject(missingFlock(argv, cause)));
    child.once("exit", (code, signal) => {
      if (code === 0) return resolve(true);
      if (code === 1) return resolve(false);
      const status = { code, signal };
      const message = `Cannot lock a file (${describeExit(status)}): ${argv.join(" ")}`;
      reject(new CommandError(message, { argv, status, stderr: "" }));
    });
  });
}

function missingFlock(argv: readonly string[], cause: unknown): MissingProgramError {
  const hint = "Install util-linux";
  const status = { code: null, signal: null };
  return new MissingProgramError('The program "flock" is not installed', { argv, status, stderr: "", cause, hint });
}
