import { spawn } from "node:child_process";
import { once } from "node:events";

/** What a program took, with all that it started and waited for. */
export interface ProgramCost {
  readonly wallMs: number;
  /** User and system time. */
  readonly cpuMs: number;
  readonly output: string;
}

export interface RunProgramOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Told of each piece of its output, and when it came. */
  readonly onOutput?: (text: string, atMs: number) => void;
}

/** Runs a program to its end, under bash's `time`, which counts what its children took too. @throws {Error} when it fails */
export async function runProgram(
  argv: readonly string[],
  { env = process.env, onOutput }: RunProgramOptions = {},
): Promise<ProgramCost> {
  const startedAt = performance.now();
  const timed = 'TIMEFORMAT="%R %U %S"; { time "$@" 2>&3; } 3>&1';
  const child = spawn("bash", ["-c", timed, "bash", ...argv], { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let times = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk;
    onOutput?.(output, performance.now() - startedAt);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    times += chunk;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}:\n${output}`);
  const [wall = 0, user = 0, system = 0] = times.trim().split(/\s+/).map(Number);
  return { wallMs: wall * 1_000, cpuMs: (user + system) * 1_000, output };
}
