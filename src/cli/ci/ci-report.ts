import type { BuildResult, LineKind } from "../../bake/report.ts";
import type { BuildEvent } from "../../builder/events.ts";
import type { Clock } from "../../common/clock.ts";
import type { TextSink } from "../../terminal/io.ts";
import type { ShownReport } from "../output/shown-report.ts";
import { annotationsOf } from "./annotation.ts";
import type { CiLog } from "./ci-log.ts";

export interface CiReportOptions {
  /** What prints the lines, through a {@link mappedSink}. */
  readonly inner: ShownReport;
  readonly log: CiLog;
  /** Where the lines go, and the marks between them. */
  readonly sink: TextSink;
  readonly clock: Clock;
  /** Lines of builds that run side by side are mixed: a section of one would hide those of the others. */
  readonly hasSections: boolean;
}

/** A report in the log of a CI system: the lines of each step can be folded away, failures are annotated. */
export class CiReport implements ShownReport {
  readonly #options: CiReportOptions;
  /** The step that runs; its section is opened by its first line. */
  #step: string | undefined;
  #isOpen = false;

  constructor(options: CiReportOptions) {
    this.#options = options;
    this.#write(options.log.begin());
  }

  line(kind: LineKind, build: string, message: string, part?: string): void {
    if (this.#step !== undefined && !this.#isOpen) this.#open(this.#step);
    const note = kind === "warn" ? this.#annotate({ kind: "warning", message: `${build}: ${message}` }) : false;
    if (!note) this.#options.inner.line(kind, build, message, part);
  }

  note(kind: LineKind, message: string): void {
    this.#options.inner.note(kind, message);
  }

  event(build: string, event: BuildEvent): void {
    if (event.type === "step-ended" || event.type === "build-ended") this.#close();
    if (event.type === "step-started" && this.#options.hasSections) {
      this.#close();
      this.#step = `${build}: ${event.step} (step ${event.number} of ${event.count})`;
    }
    this.#options.inner.event(build, event);
  }

  ask(build: string, question: string, signal?: AbortSignal): Promise<string> {
    return this.#options.inner.ask(build, question, signal);
  }

  ended(result: BuildResult): void {
    this.#close();
    this.#options.inner.ended(result);
    for (const annotation of result.error === undefined ? [] : annotationsOf(result.error)) {
      this.#annotate({ ...annotation, message: `${result.name}: ${annotation.message}` });
    }
  }

  finished(results: readonly BuildResult[], elapsedMs: number): void {
    this.#options.inner.finished(results, elapsedMs);
  }

  [Symbol.dispose](): void {
    this.#close();
    this.#options.inner[Symbol.dispose]();
    this.#write(this.#options.log.end());
  }

  #open(title: string): void {
    this.#isOpen = true;
    this.#write(this.#options.log.openSection(title, this.#options.clock.now()));
  }

  #close(): void {
    if (this.#isOpen) this.#write(this.#options.log.closeSection(this.#options.clock.now()));
    this.#isOpen = false;
    this.#step = undefined;
  }

  /** @returns whether the system has annotations */
  #annotate(annotation: Parameters<CiLog["annotate"]>[0]): boolean {
    const text = this.#options.log.annotate(annotation);
    if (text !== undefined) this.#write(text);
    return text !== undefined;
  }

  #write(text: string): void {
    if (text !== "") this.#options.sink.write(text);
  }
}

/** A sink that changes every text before it goes out. */
export function mappedSink(sink: TextSink, map: (text: string) => string): TextSink {
  return { ...sink, write: (text) => sink.write(map(text)), writeExact: (text) => sink.writeExact(map(text)) };
}
