import type { BuildEvent } from "../../builder/events.ts";
import type { Ui } from "../../builder/ui.ts";
import { withoutControls } from "../../common/without-controls.ts";
import type { LogLine } from "../../report/log.ts";
import type { DrawnPhase, DrawnRun } from "../../report/timeline.ts";
import type { OutputEntry } from "../queue/messages.ts";
import type { OutputPart } from "../queue/output-reader.ts";
import { ShownOutput } from "../submit/shown-output.ts";

const MOST_LINES = 1_000;
const LONGEST_LINE = 2_000;
const MOST_PHASES = 1_000;

type EventOf<Type extends BuildEvent["type"]> = Extract<BuildEvent, { readonly type: Type }>;
type PhaseEnd = EventOf<"step-ended" | "provisioner-ended" | "wait-ended">;

/** What a build does just now. */
export interface CurrentStep {
  readonly step: string;
  readonly number: number;
  readonly count: number;
  /** A wait of the step, if there is one: `snapshot snap-1a2b3c4d is pending`. */
  readonly wait: string | undefined;
  /** How far that is, where the service tells it. */
  readonly percent: number | undefined;
}

/** What can be known of a build while it goes on, of what it says; in bounded memory. */
export class LiveRun {
  #startedAt: number | undefined;
  /** When the last event was, by the worker's clock. */
  #at = 0;
  #phases: DrawnPhase[] = [];
  readonly #open = new Map<string, Omit<DrawnPhase, "elapsedMs" | "outcome">>();
  #lines: LogLine[] = [];
  #firstLine = 0;
  #current: CurrentStep | undefined;
  #isOver = false;
  readonly #shown: ShownOutput;

  constructor() {
    const line = (kind: LogLine["kind"]) => (text: string) => this.#line(kind, text);
    const ui: Pick<Ui, LogLine["kind"]> = {
      ...{ say: line("say"), message: line("message"), warn: line("warn"), error: line("error") },
    };
    const ask = () => Promise.reject(new Error("Nobody can answer"));
    this.#shown = new ShownOutput({ ui: { ...ui, ask }, onEvent: (event) => this.#event(event) });
  }

  /** Takes what has come of the build's output. */
  note(part: OutputPart): void {
    this.#shown.part({ ...part, entries: [] });
    for (const entry of part.entries) {
      if (entry.type === "begins") this.#begin();
      if (entry.type === "end") this.#isOver = true;
      this.#at = Math.max(this.#at, timeOf(entry));
      this.#shown.part({ ...part, entries: [entry], missing: 0, refused: [] });
    }
  }

  /** Whether it has said all that it says. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Undefined between steps. */
  get current(): CurrentStep | undefined {
    return this.#isOver ? undefined : this.#current;
  }

  /** The number of the line after the last one. */
  get nextLine(): number {
    return this.#firstLine + this.#lines.length;
  }

  /** The lines from a number on, as far as they are kept, and the number of the first of them. */
  linesFrom(number: number): { readonly from: number; readonly lines: readonly LogLine[] } {
    const from = Math.min(Math.max(number, this.#firstLine), this.nextLine);
    return { from, lines: this.#lines.slice(from - this.#firstLine) };
  }

  /** The timeline until now. */
  drawn(now: number): DrawnRun {
    const until = this.#isOver ? this.#at : Math.max(this.#at, now);
    const elapsedMs = this.#startedAt === undefined ? 0 : Math.max(1, until - this.#startedAt);
    const outcome = this.#isOver ? "cancelled" : "running";
    const open = [...this.#open.values()].map((phase): DrawnPhase => {
      return { ...phase, elapsedMs: Math.max(0, elapsedMs - phase.startMs), outcome };
    });
    return { phases: [...this.#phases, ...open], elapsedMs };
  }

  /** Another worker may have begun it before. */
  #begin(): void {
    this.#startedAt = undefined;
    this.#phases = [];
    this.#open.clear();
    this.#current = undefined;
  }

  #event(event: BuildEvent): void {
    switch (event.type) {
      case "build-started":
        this.#startedAt = event.at;
        break;
      case "step-started":
        this.#current = { ...event, wait: undefined, percent: undefined };
        this.#start("step", event.step, event.at);
        break;
      case "provisioner-started":
        this.#start("provisioner", event.provisioner, event.at);
        break;
      case "progress":
        this.#progress(event);
        break;
      case "step-ended":
        this.#end("step", event.step, event);
        break;
      case "provisioner-ended":
        this.#end("provisioner", event.provisioner, event);
        break;
      case "wait-ended":
        this.#end("wait", `${event.subject} to ${event.goal}`, event);
    }
  }

  #progress({ subject, state, percent }: EventOf<"progress">): void {
    if (this.#current === undefined) return;
    this.#current = { ...this.#current, wait: `${subject} is ${state}`.slice(0, LONGEST_LINE), percent };
  }

  #start(kind: DrawnPhase["kind"], name: string, at: number): void {
    const step = kind === "step" ? null : (this.#current?.step ?? null);
    this.#open.set(`${kind} ${name}`, { kind, name, step, startMs: this.#since(at) });
  }

  #end(kind: DrawnPhase["kind"], name: string, { at, elapsedMs, outcome }: PhaseEnd): void {
    this.#open.delete(`${kind} ${name}`);
    if (kind === "wait" && this.#current !== undefined)
      this.#current = { ...this.#current, wait: undefined, percent: undefined };
    if (this.#phases.length >= MOST_PHASES) return;
    const step = kind === "step" ? null : (this.#current?.step ?? null);
    this.#phases.push({ kind, name, step, startMs: this.#since(at - elapsedMs), elapsedMs, outcome });
  }

  #line(kind: LogLine["kind"], text: string): void {
    const shown = withoutControls(text);
    const cut = shown.length > LONGEST_LINE ? `${shown.slice(0, LONGEST_LINE)}...` : shown;
    this.#lines.push({ atMs: this.#since(this.#at), kind, part: null, text: cut });
    if (this.#lines.length < 2 * MOST_LINES) return;
    this.#lines = this.#lines.slice(-MOST_LINES);
    this.#firstLine += MOST_LINES;
  }

  #since(at: number): number {
    return this.#startedAt === undefined ? 0 : Math.max(0, at - this.#startedAt);
  }
}

function timeOf(entry: OutputEntry): number {
  return entry.type === "event" && "at" in entry.event ? entry.event.at : 0;
}
