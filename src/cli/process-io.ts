import { type Io, maskedSink, type StopSignal, stopSignals } from "./io.ts";
import { LineReader } from "./line-reader.ts";

/** The world outside as this process has it. */
export function processIo(): Io {
  let input: LineReader | undefined;
  return {
    stdout: maskedSink(process.stdout),
    stderr: maskedSink(process.stderr),
    env: process.env,
    readLine: (signal) => {
      input ??= new LineReader(process.stdin);
      return input.next(signal);
    },
    onSignal: listenToSignals,
  };
}

function listenToSignals(listener: (name: StopSignal) => void): () => void {
  const handlers = stopSignals.map((name) => [name, () => listener(name)] as const);
  for (const [name, handler] of handlers) process.on(name, handler);
  return () => {
    for (const [name, handler] of handlers) process.removeListener(name, handler);
  };
}
