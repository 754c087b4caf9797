import type { BuildResult, LineKind } from "../../bake/report.ts";
import type { BuildEvent } from "../../builder/events.ts";
import type { Clock } from "../../common/clock.ts";
import { inShort } from "../../terminal/elapsed.ts";
import { Activity, type BuildActivity } from "./activity.ts";
import type { ShownReport } from "./shown-report.ts";

/** What runs jobs ends those that are silent for some minutes. */
export const SILENCE_MS = 30_000;

/**
 * A report that is never silent for long: when nothing was said for a while, it says what each build is doing, how long it
 * has been at it, and for how long at most. Where people watch a terminal, a live line does that.
 */
export class HeartbeatReport implements ShownReport {
  readonly #inner: ShownReport;
  readonly #clock: Clock;
  readonly #activity = new Activity();
  #timer: NodeJS.Timeout;
  /** How many builds wait for an answer, and for nothing else. */
  #questions = 0;

  constructor(inner: ShownReport, clock: Clock) {
    this.#inner = inner;
    this.#clock = clock;
    this.#timer = this.#listen();
  }

  line(kind: LineKind, build: string, message: string, part?: string): void {
    this.#inner.line(kind, build, message, part);
    this.#timer.refresh();
  }

  note(kind: LineKind, message: string): void {
    this.#inner.note(kind, message);
    this.#timer.refresh();
  }

  event(build: string, event: BuildEvent): void {
    this.#activity.note(build, event);
    this.#inner.event(build, event);
  }

  async ask(build: string, question: string, signal?: AbortSignal): Promise<string> {
    this.#questions++;
    try {
      return await this.#inner.ask(build, question, signal);
    } finally {
      this.#questions--;
      this.#timer.refresh();
    }
  }

  ended(result: BuildResult): void {
    this.#activity.ended(result.name);
    this.#inner.ended(result);
    this.#timer.refresh();
  }

  finished(results: readonly BuildResult[], elapsedMs: number): void {
    this.#inner.finished(results, elapsedMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#inner[Symbol.dispose]();
  }

  /** It keeps no program alive by itself. */
  #listen(): NodeJS.Timeout {
    return setTimeout(() => this.#beat(), SILENCE_MS).unref();
  }

  #beat(): void {
    const activities = this.#questions > 0 ? [] : this.#activity.at(this.#clock.now());
    for (const activity of activities) this.#inner.line("message", activity.build, describe(activity));
    this.#timer = this.#listen();
  }
}

/** `step 21 of 24: StepSnapshot 30s, snapshot snap-1a2b3c4d pending 45 % (at most 6h00m)`. */
function describe({ position, title, elapsedMs, detail }: BuildActivity): string {
  const step = position === undefined ? "" : `step ${position.number} of ${position.count}: `;
  const parts = [`${title} ${inShort(elapsedMs)}`, detail?.text, detail?.elapsedMs && inShort(detail.elapsedMs)];
  return `${step}${parts.filter(Boolean).join(", ")}`;
}
