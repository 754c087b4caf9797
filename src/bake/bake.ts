import { type Clock, systemClock } from "../common/clock.ts";
import { UsageError } from "../common/errors.ts";
import { type BakeEvent, EventReport, type Question } from "./event-report.ts";
import { type OpenBake, type OpenBakeInput, openBake } from "./open-bake.ts";
import type { BakedBuild } from "./run-builds.ts";

/** How a program listens to builds, answers them and stops them. */
export interface BakeHandlers {
  /** Called for everything that happens. When it throws, the builds stop, and `bake()` rejects with what it threw. */
  readonly onEvent?: ((event: BakeEvent) => void) | undefined;
  /** Answers the questions of `onError: "ask"` and `debug`, which need it. */
  readonly ask?: ((question: Question) => Promise<string>) | undefined;
  /** Stops every build at its next safe point; they then clean up. */
  readonly signal?: AbortSignal | undefined;
  /** Shortens the clean-up. */
  readonly hurry?: AbortSignal | undefined;
}

export interface BakeInput extends OpenBakeInput, BakeHandlers {}

/** What became of a template's builds. */
export interface BakeResult {
  /** `failed` if a build has failed, else `cancelled` if one was, else `done`. */
  readonly outcome: BakedBuild["outcome"];
  /** One for each build that was asked for, in the order of the template. */
  readonly builds: readonly BakedBuild[];
  /** What the template is warned of; the warnings of a build are its own. */
  readonly warnings: readonly string[];
  /** The files that the template was read from. */
  readonly templateFiles: readonly string[];
}

/**
 * Bakes the images of a template, as `outscale-chroot build` does: loads it, checks every build, and runs them. A build
 * that fails is taken down, lets the others go on, and is told of in the result; what is wrong before any has begun is thrown.
 *
 * Needs root. Writes to no stream, listens to no signals, and changes nothing of `process`.
 *
 * ```ts
 * const { outcome, builds } = await bake({ template: "web.pkr.hcl", variables: { stage: "test" }, local: true });
 * ```
 * @throws {TemplateError} with every problem of the template
 * @throws {ConfigError} with every problem of its builds
 * @throws {UsageError} when there is nothing to build, or the input contradicts itself
 */
export async function bake(input: BakeInput): Promise<BakeResult> {
  assertAnswered(input);
  await using opened = await openBake(input);
  return await runOpened(opened, input);
}

/** @throws {UsageError} when a build would ask and nobody could answer */
export function assertAnswered({ ask, debug, onError }: Pick<BakeInput, "ask" | "debug" | "onError">): void {
  if (ask === undefined && (debug || onError === "ask")) {
    throw new UsageError('debug and onError: "ask" need an answer: give ask');
  }
}

/** Runs builds that are checked, and tells a program of them. */
export async function runOpened(
  opened: OpenBake,
  input: BakeHandlers & { readonly clock?: Clock | undefined },
): Promise<BakeResult> {
  const listener = new Listener(input.onEvent ?? (() => undefined));
  const report = new EventReport({
    clock: input.clock ?? systemClock,
    ask: input.ask,
    onEvent: (event) => listener.call(event),
  });
  for (const warning of opened.warnings) report.note("warn", warning);
  const signal = AbortSignal.any([listener.failed, ...(input.signal ? [input.signal] : [])]);
  const builds = await opened.run({ report, signal, hurry: input.hurry ?? new AbortController().signal });
  listener.throwIfFailed();
  const { warnings, templateFiles } = opened;
  return { outcome: outcomeOfAll(builds), builds, warnings, templateFiles };
}

function outcomeOfAll(builds: readonly BakedBuild[]): BakedBuild["outcome"] {
  const outcomes = builds.map(({ outcome }) => outcome);
  if (outcomes.includes("failed")) return "failed";
  return outcomes.includes("cancelled") ? "cancelled" : "done";
}

/** The caller's function, whose failure must not break a clean-up that is going on: it is kept for the end. */
class Listener {
  readonly #call: (event: BakeEvent) => void;
  readonly #failure = new AbortController();

  constructor(call: (event: BakeEvent) => void) {
    this.#call = call;
  }

  /** Fires when the function has thrown. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  call(event: BakeEvent): void {
    try {
      this.#call(event);
    } catch (error) {
      this.#failure.abort(error);
    }
  }

  throwIfFailed(): void {
    this.#failure.signal.throwIfAborted();
  }
}
