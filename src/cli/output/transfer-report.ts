import type { Ui } from "../../builder/ui.ts";
import { formatDuration } from "../../common/duration.ts";
import type { WaitProgress } from "../../outscale/wait-for.ts";
import type { Io, TextSink } from "../../terminal/io.ts";
import { LiveLines } from "./live-lines.ts";
import { plainUi, silentUi } from "./plain-ui.ts";

/** Where there is no terminal, a wait says so often that it still goes on. */
const HEARTBEAT_MS = 60_000;

/** How transfers between regions go: live lines on a terminal, and now and then a line elsewhere. */
export class TransferReport implements Disposable {
  readonly ui: Ui;
  readonly #io: Io;
  /** Undefined when standard output is for a program. */
  readonly #live: LiveLines | undefined;
  readonly #lines = new Map<string, string>();
  readonly #toldAt = new Map<string, number>();

  constructor(io: Io, { isForProgram }: { readonly isForProgram: boolean }) {
    this.#io = io;
    this.#live = isForProgram ? undefined : new LiveLines(io.stdout);
    this.ui = isForProgram
      ? silentUi(io)
      : plainUi({ ...io, stdout: this.#above(io.stdout), stderr: this.#above(io.stderr) });
  }

  readonly tell = (subject: string, { state, percent, elapsedMs }: WaitProgress): void => {
    const share = percent === undefined ? "" : `, ${percent} %`;
    const line = `  ${subject}: ${state}${share}, ${formatDuration(elapsedMs)}`;
    if (this.#live !== undefined && this.#io.stdout.isTerminal) {
      this.#lines.set(subject, line);
      this.#live.show([...this.#lines.values()]);
    } else if (elapsedMs - (this.#toldAt.get(subject) ?? 0) >= HEARTBEAT_MS) {
      this.#toldAt.set(subject, elapsedMs);
      this.#io.stderr.write(`${line}\n`);
    }
  };

  [Symbol.dispose](): void {
    this.#live?.[Symbol.dispose]();
  }

  #above(sink: TextSink): TextSink {
    return { ...sink, write: (text) => this.#live?.above(sink, text.replace(/\n$/, "")) };
  }
}
