import { closeSync } from "node:fs";
import { isatty } from "node:tty";
import { runProgram } from "./run-program.ts";
import { processIo } from "./terminal/process-io.ts";

/** The one place that reads the command line. */
async function main(): Promise<void> {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  // A process that runs out of things to wait for before it is done has not done well.
  process.exitCode = UNFINISHED;
  process.exitCode = await runProgram(process.argv.slice(2), processIo());
  // What is written is flushed before the process ends.
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write("", resolve))),
  );
  // Node aborts at its end when it cannot reset a terminal, and one that was closed meanwhile cannot be reset.
  for (const fd of terminals.filter((fd) => !isatty(fd))) closeSync(fd);
  process.exit();
}

const UNFINISHED = 1;

void main();
