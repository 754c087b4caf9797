import { buffer } from "node:stream/consumers";
import { type Io, type StopSignal, stopSignals, type TextSource } from "./io.ts";
import { LineReader } from "./line-reader.ts";
import { type MaskedSink, maskedSink } from "./masked-sink.ts";

/** The world outside as this process has it. */
export function processIo(): Io & { readonly stdout: MaskedSink } {
  let input: LineReader | undefined;
  return {
    stdin: processInput(),
    stdout: maskedSink(process.stdout),
    stderr: maskedSink(process.stderr),
    env: process.env,
    readLine: (signal) => {
      input ??= new LineReader(process.stdin);
      return input.next(signal);
    },
    onSuspend: listenToSuspension,
    onSignal: listenToSignals,
  };
}

/** Nothing is read, or even opened, before a command asks. */
function processInput(): TextSource {
  return {
    get isTerminal() {
      return process.stdin.isTTY === true;
    },
    readAll: () => buffer(process.stdin),
    async *lines(prompt) {
      const { pipedLines, promptLines } = await import("./prompt-lines.ts");
      const { stdin: input, stdout: output } = process;
      yield* input.isTTY ? promptLines(prompt, { input, output }) : pipedLines(input);
    },
  };
}

function listenToSuspension(before: () => void, after: () => void): () => void {
  const suspend = () => {
    before();
    process.kill(process.pid, "SIGSTOP");
  };
  process.on("SIGTSTP", suspend).on("SIGCONT", after);
  return () => void process.off("SIGTSTP", suspend).off("SIGCONT", after);
}

function listenToSignals(listener: (name: StopSignal) => void): () => void {
  const handlers = stopSignals.map((name) => [name, () => listener(name)] as const);
  for (const [name, handler] of handlers) process.on(name, handler);
  return () => {
    for (const [name, handler] of handlers) process.removeListener(name, handler);
  };
}
