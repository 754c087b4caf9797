import { closeSync } from "node:fs";
import { isatty } from "node:tty";
import { ExitCode } from "./common/errors.ts";
import { runProgram } from "./run-program.ts";
import { processIo } from "./terminal/process-io.ts";

/** The one place that reads the command line. */
async function main(): Promise<void> {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  // A process that runs out of things to wait for before it is done has not done well.
  process.exitCode = UNFINISHED;
  const io = processIo();
  process.exitCode = await runProgram(process.argv.slice(2), io);
  // What is written is flushed before the process ends.
  await flush(process.stdout);
  const lost = io.stdout.failure();
  if (lost !== undefined) {
    io.stderr.write(`Error: not everything could be written to standard output: ${lost.message}\n`);
    process.exitCode ||= ExitCode.Failed;
  }
  await flush(process.stderr);
  // Node aborts at its end when it cannot reset a terminal, and one that was closed meanwhile cannot be reset.
  for (const fd of terminals.filter((fd) => !isatty(fd))) closeSync(fd);
  process.exit();
}

const UNFINISHED = 1;

/** Until everything is written, or is known to be lost: Node tells of an error only after the write is called back. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write("", () => setImmediate(resolve)));
}

void main();
