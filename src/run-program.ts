import { runCli } from "./cli/run-cli.ts";
import type { Io } from "./terminal/io.ts";

/**
 * The program with its doors put together: the command line, and behind two of its commands the Packer plugin, which is
 * loaded when one of them asks for it.
 * @param argv Without the interpreter and the script
 * @returns the exit code, see docs/exit-codes.md
 */
export function runProgram(argv: readonly string[], io: Io): Promise<number> {
  return runCli(argv, {
    io,
    runPlugin: async (pluginArgv) => {
      const { runPlugin } = await import("./packer-plugin/run-plugin.ts");
      return runPlugin({ argv: pluginArgv, io, file: "" });
    },
  });
}
