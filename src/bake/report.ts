import type { BuildEvent } from "../builder/events.ts";
import type { Phase } from "../builder/phase.ts";
import type { Ui } from "../builder/ui.ts";

/** What kind of line it is; a terminal shows it by its colour. */
export type LineKind = "say" | "message" | "warn" | "error";

/** What became of one build, for its end and the final list. */
export interface BuildResult {
  /** As the template has it: `outscale-chroot.web`. */
  readonly name: string;
  readonly outcome: "done" | "failed" | "cancelled";
  readonly elapsedMs: number;
  /** The steps, in the order in which they ended. */
  readonly phases: readonly Phase[];
  readonly artifact: ReportedArtifact | undefined;
  /** What post-processors have made of it: files. */
  readonly made: readonly ReportedArtifact[];
  /** Undefined for a success. */
  readonly error: unknown;
}

export interface ReportedArtifact {
  readonly builderId: string;
  readonly id: string;
  readonly files: readonly string[];
  /** It was there before, and found unchanged. */
  readonly isReused?: boolean;
  string(): string;
}

/** How a run of builds is told: to a person, to a program, or as Packer's machine-readable lines. */
export interface Report {
  /** A line of one build, or of a post-processor (`part`) that has its artifact. */
  line(kind: LineKind, build: string, message: string, part?: string): void;
  /** A line of no build in particular. */
  note(kind: LineKind, message: string): void;
  event(build: string, event: BuildEvent): void;
  /** @throws {CancelledError} when nobody can answer */
  ask(build: string, question: string, signal?: AbortSignal): Promise<string>;
  /** One build has ended. */
  ended(result: BuildResult): void;
  /** All have ended. */
  finished(results: readonly BuildResult[], elapsedMs: number): void;
}

/** The report of one build, or of a post-processor after it, as they see it. */
export function uiOf(report: Report, build: string, part?: string): Ui {
  return {
    say: (message) => report.line("say", build, message, part),
    message: (message) => report.line("message", build, message, part),
    warn: (message) => report.line("warn", build, message, part),
    error: (message) => report.line("error", build, message, part),
    ask: (question, signal) => report.ask(build, question, signal),
  };
}
