import type { BuildEvent } from "../builder/events.ts";
import type { Clock } from "../common/clock.ts";
import { CancelledError } from "../common/errors.ts";
import { secrets } from "../common/secrets.ts";
import type { LineKind, Report } from "./report.ts";

/** What happens while templates are baked: the events of every build, and the lines that a person would see. */
export type BakeEvent =
  | (BuildEvent & { readonly build: string })
  | {
      readonly type: "line";
      /** Milliseconds since the epoch. */
      readonly at: number;
      /** Undefined when the line is about no build in particular. */
      readonly build: string | undefined;
      /** The type of a post-processor, when it is its line. */
      readonly part: string | undefined;
      readonly kind: LineKind;
      readonly text: string;
    };

/** A question of a build that pauses: after a failure with `onError: "ask"`, or at every step with `debug`. */
export interface Question {
  readonly build: string;
  readonly text: string;
  /** Fires when no answer is needed any more. */
  readonly signal: AbortSignal | undefined;
}

export interface EventReportOptions {
  readonly clock: Clock;
  readonly onEvent: (event: BakeEvent) => void;
  readonly ask: ((question: Question) => Promise<string>) | undefined;
}

/** Tells a program, event by event. No text of them has a secret in it. */
export class EventReport implements Report {
  readonly #options: EventReportOptions;

  constructor(options: EventReportOptions) {
    this.#options = options;
  }

  line(kind: LineKind, build: string, text: string, part?: string): void {
    this.#line(kind, text, { build, part });
  }

  note(kind: LineKind, text: string): void {
    this.#line(kind, text, { build: undefined, part: undefined });
  }

  event(build: string, event: BuildEvent): void {
    const texts = Object.entries(event).map(([name, value]) => [
      name,
      typeof value === "string" ? secrets.mask(value) : value,
    ]);
    this.#options.onEvent({ ...event, ...Object.fromEntries(texts), build });
  }

  ask(build: string, question: string, signal?: AbortSignal): Promise<string> {
    const { ask } = this.#options;
    if (ask === undefined) return Promise.reject(new CancelledError("Nobody can answer"));
    return ask({ build, text: secrets.mask(question), signal });
  }

  /** What became of the builds is the result of the call. */
  ended(): void {}

  finished(): void {}

  #line(
    kind: LineKind,
    text: string,
    place: { readonly build: string | undefined; readonly part: string | undefined },
  ) {
    this.#options.onEvent({ type: "line", at: this.#options.clock.now(), ...place, kind, text: secrets.mask(text) });
  }
}
