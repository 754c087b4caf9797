import { closeSync } from "node:fs";
import { isatty } from "node:tty";
import { runProgram } from "./run-program.ts";
import { processIo } from "./terminal/process-io.ts";

// The one place that reads the command line.
const terminals = [0, 1, 2].filter((fd) => isatty(fd));
process.exitCode = await runProgram(process.argv.slice(2), processIo());
// What is written is flushed before the process ends.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write("", resolve))),
);
// Node aborts at its end when it cannot reset a terminal, and one that was closed meanwhile cannot be reset.
for (const fd of terminals.filter((fd) => !isatty(fd))) closeSync(fd);
process.exit();
