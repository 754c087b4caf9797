import { processIo } from "./process-io.ts";
import { runCli } from "./run-cli.ts";

// The one place that reads the command line. What is written is flushed before the process ends.
process.exitCode = await runCli(process.argv.slice(2), processIo());
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write("", resolve))),
);
process.exit();
