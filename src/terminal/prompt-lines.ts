import { createInterface } from "node:readline";

/** How a person is asked for lines, one after the other. */
export interface Prompt {
  /** What stands before each line: `> `. */
  readonly text: string;
  /** The words that the Tab key completes. */
  readonly words: readonly string[];
}

/** What a line is completed from: the part of it that is a word. */
const WORD_AT_END = /[\w.]*$/;

/**
 * The lines that a person types on a terminal, with editing, a history (arrow up) and completion (Tab). Ctrl-C drops the
 * line, and on an empty one it ends them, as Ctrl-D does.
 */
export async function* promptLines(
  { text, words }: Prompt,
  streams: { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream },
): AsyncGenerator<string> {
  const completer = (line: string) => completions(line, words);
  const reader = createInterface({ ...streams, prompt: text, completer, removeHistoryDuplicates: true });
  reader.on("SIGINT", () => {
    if (reader.line === "") return reader.close();
    reader.write(null, { ctrl: true, name: "e" });
    reader.write(null, { ctrl: true, name: "u" });
  });
  reader.once("close", () => streams.output.write("\n"));
  reader.prompt();
  try {
    for await (const line of reader) {
      yield line;
      reader.prompt();
    }
  } finally {
    reader.close();
  }
}

/** What the end of a line may become, and that end itself. */
export function completions(line: string, words: readonly string[]): [string[], string] {
  const start = WORD_AT_END.exec(line)?.[0] ?? "";
  return [start === "" ? [] : words.filter((word) => word.startsWith(start)), start];
}

/** The lines of a pipe or a file. */
export async function* pipedLines(input: NodeJS.ReadStream): AsyncGenerator<string> {
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}
