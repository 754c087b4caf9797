import type { Ui } from "../../builder/ui.ts";
import type { Io } from "../../terminal/io.ts";
import { shownText } from "./shown-text.ts";

/** The lines of a command that is no build: nothing before them. */
export function plainUi(io: Pick<Io, "stdout" | "stderr" | "readLine">): Ui {
  return {
    say: (message) => io.stdout.write(`${shownText(message)}\n`),
    message: (message) => io.stdout.write(`  ${shownText(message).replaceAll("\n", "\n  ")}\n`),
    warn: (message) => io.stderr.write(`Warning: ${shownText(message)}\n`),
    error: (message) => io.stderr.write(`Error: ${shownText(message)}\n`),
    ask: (question, signal) => {
      io.stdout.write(`${shownText(question)}\n`);
      return io.readLine(signal);
    },
  };
}

/** The same for a command whose output is for a program: only warnings and errors, on standard error. */
export function silentUi(io: Pick<Io, "stdout" | "stderr" | "readLine">): Ui {
  return { ...plainUi(io), say: () => undefined, message: () => undefined };
}
