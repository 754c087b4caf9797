import type { BuildResult, LineKind } from "../../bake/report.ts";
import type { BuildEvent } from "../../builder/events.ts";
import type { Clock } from "../../common/clock.ts";
import { inShort, inWords } from "../../terminal/elapsed.ts";
import type { Io } from "../../terminal/io.ts";
import { phaseTable } from "../../terminal/phase-table.ts";
import { Activity, type BuildActivity } from "./activity.ts";
import { errorText } from "./error-text.ts";
import { type BuildColor, colorOf, painted, prefixed, timestamped } from "./lines.ts";
import type { LiveView } from "./live-view.ts";
import type { ShownReport } from "./shown-report.ts";
import { shownText } from "./shown-text.ts";

export interface HumanReportOptions {
  readonly io: Pick<Io, "stdout" | "stderr" | "readLine" | "onSuspend">;
  readonly clock: Clock;
  readonly color: boolean;
  /** `-timestamp-ui` */
  readonly timestamps: boolean;
  /** The lines at the bottom of the terminal that say what goes on, where there are any. */
  readonly live?: LiveView | undefined;
  /** The builds' names, in their order. */
  readonly builds: readonly string[];
}

/** How often the elapsed times of the live lines move. */
const TICK_MS = 1_000;

/** The lines that Packer's users know; on a terminal, with a live line below them for each build. */
export class HumanReport implements ShownReport {
  readonly #options: HumanReportOptions;
  readonly #live: LiveView | undefined;
  readonly #activity = new Activity();
  readonly #colors: ReadonlyMap<string, BuildColor>;
  readonly #ticker: NodeJS.Timeout | undefined;
  readonly #stopListening: () => void;
  /** How many builds wait for an answer: the live lines would be where it is typed. */
  #questions = 0;

  constructor(options: HumanReportOptions) {
    this.#options = options;
    this.#live = options.live;
    this.#colors = new Map(options.builds.map((name, index) => [name, colorOf(index)]));
    if (this.#live) this.#ticker = setInterval(() => this.#tick(), TICK_MS).unref();
    const [hide, show] = [() => this.#live?.lines.show([]), () => this.#tick()];
    this.#stopListening = this.#live ? options.io.onSuspend(hide, show) : () => undefined;
  }

  line(kind: LineKind, build: string, message: string, part?: string): void {
    this.#write(kind, prefixed(kind, build, message, part), this.#colors.get(build) ?? "green");
  }

  note(kind: LineKind, message: string): void {
    this.#write(kind, message, undefined);
  }

  event(build: string, event: BuildEvent): void {
    this.#activity.note(build, event);
    this.#tick();
  }

  async ask(build: string, question: string, signal?: AbortSignal): Promise<string> {
    this.line("say", build, question);
    this.#questions++;
    this.#tick();
    try {
      return await this.#options.io.readLine(signal);
    } finally {
      this.#questions--;
      this.#tick();
    }
  }

  ended({ name: build, elapsedMs, phases, error }: BuildResult): void {
    this.#activity.ended(build);
    this.#tick();
    if (phases.length > 0) {
      this.line("say", build, "Time per step:");
      this.line("message", build, phaseTable(phases, elapsedMs));
    }
    if (error === undefined) this.line("say", build, `Build '${build}' finished after ${inWords(elapsedMs)}.`);
    else this.line("error", build, `Build '${build}' errored after ${inWords(elapsedMs)}.`);
  }

  finished(results: readonly BuildResult[], elapsedMs: number): void {
    this.note("say", `\n==> Wait completed after ${inWords(elapsedMs)}`);
    const failed = results.filter(({ error }) => error !== undefined);
    if (failed.length > 0) {
      this.note("error", "\n==> Some builds didn't complete successfully and had errors:");
      for (const { name: build, error } of failed) this.note("error", `--> ${build}: ${errorText(error).trimEnd()}`);
    }
    const made = results.flatMap(({ name, artifact, made: others }) =>
      [...(artifact ? [artifact] : []), ...others].map((each) => ({ build: name, artifact: each })),
    );
    if (made.length === 0) this.note("say", "\n==> Builds finished but no artifacts were created.");
    else this.note("say", "\n==> Builds finished. The artifacts of successful builds are:");
    for (const { build, artifact } of made) this.note("say", `--> ${build}: ${artifact.string().trimEnd()}`);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#ticker);
    this.#stopListening();
    this.#live?.lines[Symbol.dispose]();
  }

  #write(kind: LineKind, message: string, color: BuildColor | undefined): void {
    const text = shownText(message);
    const { io, timestamps, clock } = this.#options;
    const shown =
      this.#options.color && (color || kind === "error" || kind === "warn")
        ? painted(kind, color ?? "green", text)
        : text;
    const sink = kind === "error" ? io.stderr : io.stdout;
    const line = timestamps ? timestamped(shown, new Date(clock.now())) : shown;
    if (this.#live) this.#live.lines.above(sink, line);
    else sink.write(`${line}\n`);
  }

  #tick(): void {
    if (!this.#live) return;
    const activities = this.#questions > 0 ? [] : this.#activity.at(this.#options.clock.now());
    const { lines, names } = this.#live;
    lines.show(activities.map((activity) => liveLine(activity, names)));
  }
}

/**
 * `debian  21/24 1m05s  StepSnapshot: snapshot snap-1a2b3c4d pending 45 % (at most 6h00m)`. Short things first, as a narrow
 * terminal cuts the end; and no longer than need be, as one that becomes narrow breaks long lines before we hear of it.
 */
function liveLine(
  { build, position, title, elapsedMs, detail }: BuildActivity,
  names: ReadonlyMap<string, string>,
): string {
  const step = (position === undefined ? "" : `${position.number}/${position.count}`).padStart("17/24".length);
  const time = inShort(detail?.elapsedMs ?? elapsedMs).padStart("1m05s".length);
  const what = [detail?.standsAlone ? undefined : title, detail?.text].filter(Boolean).join(": ");
  return `${names.get(build) ?? build}  ${step} ${time}  ${what}`;
}
