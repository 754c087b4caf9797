import { CancelledError } from "../../../src/common/errors.ts";
import { secrets } from "../../../src/common/secrets.ts";
import type { Io, StopSignal, TextSink } from "../../../src/terminal/io.ts";

/** The world outside of a command, as a test has it. */
export interface RecordingIo extends Io {
  /** Everything that was written to standard output, and to standard error. */
  readonly written: { stdout: string; stderr: string };
  /** Gives the terminal another size: 80 columns and 24 rows at first. */
  resize(columns: number, rows?: number): void;
  /** Ctrl-Z. @returns what lets the program go on */
  suspend(): () => void;
  /** Sends a signal to whoever listens. */
  send(name: StopSignal): void;
  /** Nobody reads standard output any more. */
  leave(): void;
}

interface RecordingIoOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly isTerminal?: boolean;
  /** What a person types, line by line. */
  readonly answers?: readonly string[];
  /** What a command reads that reads all; left out, the answers. */
  readonly input?: Uint8Array;
}

export function recordingIo({
  env = {},
  isTerminal = false,
  answers = [],
  input,
}: RecordingIoOptions = {}): RecordingIo {
  const written = { stdout: "", stderr: "" };
  const listeners = new Set<(name: StopSignal) => void>();
  const lines = [...answers];
  const size = { columns: 80, rows: 24 };
  const resizeListeners = new Set<() => void>();
  const gone = { stdout: new AbortController(), stderr: new AbortController() };
  const suspenders = new Set<{ before: () => void; after: () => void }>();
  const sink = (stream: "stdout" | "stderr"): TextSink => ({
    write: (text) => {
      written[stream] += secrets.mask(text);
    },
    writeExact: (text) => {
      written[stream] += text;
    },
    isTerminal,
    columns: () => size.columns,
    rows: () => size.rows,
    onResize: (listener) => {
      resizeListeners.add(listener);
      return () => resizeListeners.delete(listener);
    },
    gone: gone[stream].signal,
  });
  return {
    written,
    env,
    stdin: {
      isTerminal,
      readAll: async () => input ?? Buffer.from(lines.splice(0).join("\n")),
      async *lines() {
        yield* lines.splice(0);
      },
    },
    stdout: sink("stdout"),
    stderr: sink("stderr"),
    readLine: async () => {
      const line = lines.shift();
      if (line === undefined) throw new CancelledError("Nobody answers");
      return line;
    },
    resize: (columns, rows = size.rows) => {
      Object.assign(size, { columns, rows });
      for (const listener of resizeListeners) listener();
    },
    suspend: () => {
      for (const { before } of suspenders) before();
      return () => {
        for (const { after } of suspenders) after();
      };
    },
    onSuspend: (before, after) => {
      const pair = { before, after };
      suspenders.add(pair);
      return () => suspenders.delete(pair);
    },
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    send: (name) => {
      for (const listener of listeners) listener(name);
    },
    leave: () => gone.stdout.abort(),
  };
}
