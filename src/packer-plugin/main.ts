import { setTimeout } from "node:timers/promises";
import { processIo } from "../terminal/process-io.ts";
import { runPlugin } from "./run-plugin.ts";

/** A Packer that hangs reads nothing any more: the last lines of the log are not worth waiting longer for. */
const FLUSH_MS = 1_000;

/** From `start.ts`. */
declare const keepCompiled: (isWhole: boolean) => void;

/** The program of the plugin's single file. */
async function main(): Promise<void> {
  const exitCode = await runPlugin({
    argv: process.argv.slice(2),
    io: processIo(),
    file: process.argv[1] ?? "",
    onWorked: keepCompiled,
  });
  const flushed = [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write("", resolve)));
  await Promise.race([Promise.all(flushed), setTimeout(FLUSH_MS)]);
  process.exit(exitCode);
}

void main();
