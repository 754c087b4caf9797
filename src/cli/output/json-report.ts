import type { BuildResult, LineKind } from "../../bake/report.ts";
import type { BuildEvent } from "../../builder/events.ts";
import type { Clock } from "../../common/clock.ts";
import { CancelledError } from "../../common/errors.ts";
import type { Io, TextSink } from "../../terminal/io.ts";
import { maskedJson } from "../../terminal/masked-json.ts";
import { writeJsonText } from "../ci/harmless-io.ts";
import { type ErrorRecord, errorRecord } from "./error-record.ts";
import type { ShownReport } from "./shown-report.ts";

/** One line of the stream that `--json` gives. `at` is in milliseconds since the epoch. */
export type JsonLine =
  | (BuildEvent & { readonly build: string })
  | {
      readonly type: "line";
      readonly at: number;
      readonly build: string | null;
      /** The type of a post-processor, when it is its line. */
      readonly part?: string;
      readonly kind: LineKind;
      readonly text: string;
    }
  | {
      readonly type: "result";
      readonly at: number;
      readonly build: string;
      readonly elapsedMs: number;
      readonly artifactId: string | null;
      /** The artifact was there before: nothing was built, as nothing has changed. */
      readonly isReused: boolean;
      /** What post-processors have made of it. */
      readonly files: readonly string[];
      readonly error: ErrorRecord | null;
    }
  | { readonly type: "refused"; readonly at: number; readonly error: ErrorRecord }
  | { readonly type: "finished"; readonly at: number; readonly elapsedMs: number; readonly failed: number };

/** The stream of events for programs: one JSON object a line. */
export class JsonReport implements ShownReport {
  readonly #out: TextSink;
  readonly #clock: Clock;

  constructor(out: TextSink, clock: Clock) {
    this.#out = out;
    this.#clock = clock;
  }

  line(kind: LineKind, build: string, text: string, part?: string): void {
    this.#write({ type: "line", at: this.#clock.now(), build, ...(part && { part }), kind, text });
  }

  note(kind: LineKind, text: string): void {
    this.#write({ type: "line", at: this.#clock.now(), build: null, kind, text });
  }

  event(build: string, event: BuildEvent): void {
    this.#write({ ...event, build });
  }

  async ask(): Promise<string> {
    throw new CancelledError("Nobody can answer: the output is JSON");
  }

  ended({ name: build, elapsedMs, artifact, made, error }: BuildResult): void {
    const record = error === undefined ? null : errorRecord(error);
    this.#write({
      type: "result",
      at: this.#clock.now(),
      build,
      elapsedMs,
      artifactId: artifact?.id ?? null,
      isReused: artifact?.isReused ?? false,
      files: [...new Set(made.flatMap(({ files }) => files))],
      error: record,
    });
  }

  finished(results: readonly BuildResult[], elapsedMs: number): void {
    const failed = results.filter(({ error }) => error !== undefined).length;
    this.#write({ type: "finished", at: this.#clock.now(), elapsedMs, failed });
  }

  [Symbol.dispose](): void {}

  /** No build has begun: the template or its options are wrong. */
  refused(error: unknown): void {
    this.#write({ type: "refused", at: this.#clock.now(), error: errorRecord(error) });
  }

  #write(line: JsonLine): void {
    this.#out.writeExact(`${maskedJson(line)}\n`);
  }
}

/** Writes one JSON document, its texts masked. */
export function writeJson(io: Pick<Io, "stdout" | "env">, document: unknown): void {
  writeJsonText(io, `${maskedJson(document, 2)}\n`);
}
