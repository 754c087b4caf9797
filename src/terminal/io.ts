import type { Prompt } from "./prompt-lines.ts";

/** Text that goes out: to a terminal, a pipe or a file. */
export interface TextSink {
  write(text: string): void;
  /** Writes past the mask: what was asked for to the letter, or was masked piece by piece, or by the marks of its values. */
  writeExact(text: string): void;
  readonly isTerminal: boolean;
  /** The width and the height of the terminal. */
  columns(): number;
  rows(): number;
  /** Calls when the terminal has another size. @returns what ends that */
  onResize(listener: () => void): () => void;
  /** Fires when a write finds that the reader has gone, as `head` does: who has nothing but output to make may end then. */
  readonly gone: AbortSignal;
}

/** What comes in, for a command that reads all of it. Others ask for a line: {@link Io.readLine}. */
export interface TextSource {
  readonly isTerminal: boolean;
  /** Everything up to the end, of whatever encoding. */
  readAll(): Promise<Uint8Array>;
  /** Line after line up to the end; a person on a terminal is prompted for each. */
  lines(prompt: Prompt): AsyncIterable<string>;
}

/** The world outside as commands see it; tests give their own. Everything that is written passes the secret mask. */
export interface Io {
  readonly stdin: TextSource;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: NodeJS.ProcessEnv;
  /**
   * The next line of standard input.
   * @throws {CancelledError} at its end, or when the signal fires
   */
  readLine(signal?: AbortSignal): Promise<string>;
  /**
   * Ctrl-Z: `before` is called before the program is suspended, `after` when it goes on. @returns what ends that
   */
  onSuspend(before: () => void, after: () => void): () => void;
  /** Signals to stop, as long as somebody listens. */
  onSignal(listener: (name: StopSignal) => void): () => void;
}

export type StopSignal = (typeof stopSignals)[number];
export const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
