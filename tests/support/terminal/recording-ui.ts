import type { Ui } from "../../../src/builder/ui.ts";

/** A `Ui` that keeps what it is told, each line with how it was said: `say: Uploading a => /b`. */
export class RecordingUi implements Ui {
  readonly lines: string[] = [];
  /** What `ask` gives, in order; an empty line when there is none left. */
  readonly answers: string[] = [];

  say(message: string): void {
    this.lines.push(`say: ${message}`);
  }

  message(message: string): void {
    this.lines.push(`message: ${message}`);
  }

  error(message: string): void {
    this.lines.push(`error: ${message}`);
  }

  warn(message: string): void {
    this.lines.push(`warn: ${message}`);
  }

  ask(question: string): Promise<string> {
    this.lines.push(`ask: ${question}`);
    return Promise.resolve(this.answers.shift() ?? "");
  }

  /** The lines of one kind, without it. */
  of(kind: "say" | "message" | "error" | "warn" | "ask"): string[] {
    return this.lines.filter((line) => line.startsWith(`${kind}: `)).map((line) => line.slice(kind.length + 2));
  }
}
