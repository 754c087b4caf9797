import { createInterface, type Interface } from "node:readline";
import { CancelledError } from "../common/errors.ts";
import { type Io, maskedSink, type StopSignal, stopSignals } from "./io.ts";

/** The world outside as this process has it. */
export function processIo(): Io {
  const lines = new LineReader();
  return {
    stdout: maskedSink(process.stdout),
    stderr: maskedSink(process.stderr),
    env: process.env,
    readLine: (signal) => lines.next(signal),
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

/** Reads standard input only while a question stands: otherwise it is nobody's. Ctrl-C stays a signal. */
class LineReader {
  #pending: Promise<unknown> = Promise.resolve();

  /** One question at a time: several builds may ask. */
  next(signal?: AbortSignal): Promise<string> {
    const answer = this.#pending.then(() => readLine(signal));
    this.#pending = answer.catch(() => undefined);
    return answer;
  }
}

function readLine(signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new CancelledError());
    const reader: Interface = createInterface({ input: process.stdin, terminal: false });
    const end = (act: () => void) => {
      signal?.removeEventListener("abort", stop);
      reader.removeAllListeners();
      reader.close();
      process.stdin.pause();
      act();
    };
    const stop = () => end(() => reject(new CancelledError()));
    reader.once("line", (line) => end(() => resolve(line)));
    reader.once("close", () => end(() => reject(new CancelledError("Standard input has ended: nobody can answer"))));
    signal?.addEventListener("abort", stop, { once: true });
  });
}
