import type { Ui } from "../../builder/ui.ts";
import type { Io } from "../../terminal/io.ts";

/** The lines of a command that is no build: nothing before them. */
export function plainUi(io: Pick<Io, "stdout" | "stderr" | "readLine">): Ui {
  return {
    say: (message) => io.stdout.write(`${message}\n`),
    message: (message) => io.stdout.write(`  ${message.replaceAll("\n", "\n  ")}\n`),
    warn: (message) => io.stderr.write(`Warning: ${message}\n`),
    error: (message) => io.stderr.write(`Error: ${message}\n`),
    ask: (question, signal) => {
      io.stdout.write(`${question}\n`);
      return io.readLine(signal);
    },
  };
}

/** The same for a command whose output is for a program: only warnings and errors, on standard error. */
export function silentUi(io: Pick<Io, "stdout" | "stderr" | "readLine">): Ui {
  return { ...plainUi(io), say: () => undefined, message: () => undefined };
}
