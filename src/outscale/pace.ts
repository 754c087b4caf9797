import { type Forecast, ProgressForecast } from "./progress-forecast.ts";
import type { KindHistory } from "./wait-history.ts";

/** Between two reads, in milliseconds. */
export interface Pauses {
  readonly min: number;
  readonly max: number;
}

interface PaceTools {
  readonly polling: Pauses;
  /** Between 0 and 1: builders that wait for the same do not ask in step. */
  readonly random: () => number;
}

/** A look that found the resource not ready, or told nothing. */
export interface Look {
  /** Since the wait began, in milliseconds. */
  readonly elapsedMs: number;
  /** 0 to 100, where the service tells. */
  readonly percent?: number | undefined;
  /** Too many requests: the answer was a refusal. */
  readonly isThrottled?: boolean | undefined;
}

/** The share of a wait that may pass between "it is ready" and "we have asked". */
const WASTE = 0.02;
/** A look before the expected time: a service that has become faster is noticed. Not for the shortest waits. */
const EARLY_SHARE = 0.95;
const MIN_WITH_EARLY_MS = 1_000;
/** The pause as a share of the time that a wait is later than any before. */
const LATE_SHARE = 0.25;
/** The pause as a share of the time waited, where nothing is known of such waits but guesses. */
const BLIND_SHARE = 0.5;
/** How much each refusal for too many requests widens the pauses of a wait. */
const THROTTLED_FACTOR = 2;
/** What is expected of a wait whose first look found it ready, as a share of the time until that look. */
const UNSEEN_SHARE = 0.75;
/** The first look, as a share of the shortest wait known, where progress tells the rest: two looks make a forecast. */
const FIRST_READING_SHARE = 0.5;
/** A look that much before a forecast, unless there was one just before it: shares of the wait. */
const CHECK_FROM_SHARE = 0.98;
const CHECK_SHARE = 0.99;
/** Looks within a forecast are as far apart as half of it is long, and no more or less than these shares of the wait. */
const MAX_STEP_SHARE = 0.01;
const MIN_STEP_SHARE = 0.004;

/**
 * When a wait asks: hardly ever before the time at which waits like it have ended, at that time, and after it densely,
 * then less and less. Past waits that ended within {@link WASTE} of each other count as one. Where the progress of such
 * waits has foretold their end before, it counts instead; where it has not, it counts in place of guesses alone.
 */
export class Pace {
  readonly #history: KindHistory;
  readonly #tools: PaceTools;
  readonly #progress = new ProgressForecast();
  #lastLookMs: number | undefined;
  #widening = 1;

  constructor(history: KindHistory, tools: PaceTools) {
    this.#history = history;
    this.#tools = tools;
  }

  /** Until the first look, in milliseconds: none where nobody knows how long such a wait takes. */
  firstMs(): number {
    const { isLearnt, isProgressTrusted, expected } = this.#history;
    if (!isLearnt) return 0;
    const shortest = expected[0] ?? 0;
    const reading = shortest * FIRST_READING_SHARE;
    const first = isProgressTrusted && shortest >= MIN_WITH_EARLY_MS ? reading : this.#untilExpected(0);
    return Math.min(this.#tools.polling.max, first ?? 0);
  }

  /** Until the next look, in milliseconds. */
  nextMs({ elapsedMs, percent, isThrottled = false }: Look): number {
    this.#progress.add(elapsedMs, percent);
    this.#lastLookMs = elapsedMs;
    if (isThrottled) this.#widening *= THROTTLED_FACTOR;
    const { min, max } = this.#tools.polling;
    return Math.min(max, Math.max(min, this.#pauseMs(elapsedMs)) * this.#widening);
  }

  /**
   * It was ready when this look came: what the next wait of its kind may expect.
   * @returns how long it may have been ready before that; undefined when no look has found it not ready
   */
  ready(elapsedMs: number): number | undefined {
    this.#history.learn(estimateReady(this.#lastLookMs, elapsedMs));
    if (this.#lastLookMs === undefined) return undefined;
    const offBy = this.#progress.offBy(this.#lastLookMs, elapsedMs);
    if (offBy !== undefined) this.#history.learnProgress(offBy);
    return elapsedMs - this.#lastLookMs;
  }

  #pauseMs(elapsedMs: number): number {
    const { isLearnt, isProgressTrusted } = this.#history;
    const forecast = this.#progress.now;
    if (forecast && isProgressTrusted) return untilForecast(elapsedMs, forecast);
    const expected = this.#untilExpected(elapsedMs);
    if (isLearnt) return expected ?? this.#overdueMs(elapsedMs);
    const isForetold = forecast !== undefined && this.#progress.isConfirmed;
    const foretold = isForetold ? untilForecast(elapsedMs, forecast) : Number.POSITIVE_INFINITY;
    const guessed = expected ?? (isForetold ? foretold : this.#overdueMs(elapsedMs));
    return Math.min(elapsedMs * BLIND_SHARE, foretold, guessed);
  }

  /** Until the next moment at which a wait like this has ended before; undefined after the last one. */
  #untilExpected(elapsedMs: number): number | undefined {
    const { expected } = this.#history;
    const next = expected.find((ms) => ms > elapsedMs);
    if (next === undefined) return undefined;
    const earlyMs = next * EARLY_SHARE;
    if (next >= MIN_WITH_EARLY_MS && elapsedMs < earlyMs) return earlyMs - elapsedMs;
    const cluster = expected.filter((ms) => ms >= next && ms <= next * (1 + WASTE));
    return (cluster.at(-1) ?? next) - elapsedMs;
  }

  #overdueMs(elapsedMs: number): number {
    const last = this.#history.expected.at(-1) ?? 0;
    const steady = Math.max(last * WASTE, (elapsedMs - last) * LATE_SHARE);
    return steady * (0.8 + 0.4 * this.#tools.random());
  }
}

/** A look shortly before makes the forecast narrower, and notices one that is too late. */
function untilForecast(elapsedMs: number, { fromMs, toMs }: Forecast): number {
  if (elapsedMs < fromMs * CHECK_FROM_SHARE) return fromMs * CHECK_SHARE - elapsedMs;
  const stepMs = Math.max(MIN_STEP_SHARE * toMs, Math.min(MAX_STEP_SHARE * toMs, (toMs - fromMs) / 2));
  return Math.max(stepMs, fromMs + stepMs - elapsedMs);
}

/**
 * When something became ready, in milliseconds: between the last look that found it not ready and the one that found it
 * ready. Without the former it may have been ready long before.
 */
export function estimateReady(notReadyMs: number | undefined, readyMs: number): number {
  if (notReadyMs === undefined) return Math.round(readyMs * UNSEEN_SHARE);
  return Math.round((notReadyMs + readyMs) / 2);
}
