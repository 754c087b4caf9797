import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** A line that a page tells its reader to type. */
export interface TutorialLine {
  readonly line: string;
  /** It stands in a block of ```` ```sh fails ````: the page says that it is refused. */
  readonly fails: boolean;
}

/** Every line of a page's `sh` blocks, in their order. */
export function tutorialLines(page: string): readonly TutorialLine[] {
  const blocks = [...readFileSync(page, "utf8").matchAll(/^```sh( fails)?\n(.*?)^```/gms)];
  return blocks.flatMap(([, fails, block = ""]) => {
    return block.split("\n").flatMap((line) => (line === "" ? [] : { line, fails: fails !== undefined }));
  });
}

/** A reader of a page: a folder that looks like a clone of the repository, and what the page expects on the `PATH`. */
export class TutorialReader {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  /** @param env Tells the program where its state is */
  constructor(folder: string, env: NodeJS.ProcessEnv) {
    const programs = join(folder, "bin");
    mkdirSync(programs);
    symlinkSync(resolve("examples"), join(folder, "examples"));
    symlinkSync(resolve("bin/outscale-chroot"), join(programs, "outscale-chroot"));
    // Tests run as root, and a machine without sudo is as good.
    writeFileSync(join(programs, "sudo"), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
    this.#folder = folder;
    this.#env = { ...process.env, ...env, PATH: `${programs}:${process.env.PATH}` };
  }

  /**
   * Types a line, and waits for its end, or for what it shows: then it is stopped, as one leaves QEMU.
   * @returns the exit code, null when it was stopped, and standard output and error as they came
   */
  type(line: string, until?: RegExp): Promise<{ readonly exitCode: number | null; readonly output: string }> {
    const child = spawn("bash", ["-c", line], {
      cwd: this.#folder,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let output = "";
    const hear = (chunk: Buffer) => {
      output += chunk;
      if (until?.test(output) && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    return new Promise((settle, fail) => {
      child.on("error", fail);
      child.on("close", (exitCode) => settle({ exitCode, output }));
    });
  }
}
