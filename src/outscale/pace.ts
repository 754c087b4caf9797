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
/** Two looks at the progress that are less than this apart, in percent, tell no speed. */
const MIN_PERCENT_APART = 2;
/** What is expected of a wait whose first look found it ready, as a share of the time until that look. */
const UNSEEN_SHARE = 0.75;
/** Past waits count as long as the progress does not say something else than this share around them. */
const PROGRESS_SHARE = 0.2;

/**
 * When a wait asks: hardly ever before the time at which waits like it have ended, at that time, and after it densely,
 * then less and less. Past waits that ended within {@link WASTE} of each other count as one.
 */
export class Pace {
  readonly #history: KindHistory;
  readonly #tools: PaceTools;
  #firstProgress: { readonly elapsedMs: number; readonly percent: number } | undefined;
  #projectedMs: number | undefined;
  #lastLookMs: number | undefined;
  #widening = 1;

  constructor(history: KindHistory, tools: PaceTools) {
    this.#history = history;
    this.#tools = tools;
  }

  /** Until the first look, in milliseconds: none where nobody knows how long such a wait takes. */
  firstMs(): number {
    const { polling } = this.#tools;
    return this.#history.isLearnt ? Math.min(polling.max, this.#untilExpected(0) ?? 0) : 0;
  }

  /** Until the next look, in milliseconds. */
  nextMs({ elapsedMs, percent, isThrottled = false }: Look): number {
    if (percent !== undefined) this.#follow(elapsedMs, percent);
    this.#lastLookMs = elapsedMs;
    if (isThrottled) this.#widening *= THROTTLED_FACTOR;
    const { min, max } = this.#tools.polling;
    const pause = this.#untilExpected(elapsedMs) ?? this.#overdueMs(elapsedMs);
    const known = this.#history.isLearnt || this.#projectedMs !== undefined;
    const bounded = known ? pause : Math.min(pause, Math.max(min, elapsedMs * BLIND_SHARE));
    return Math.min(max, Math.max(min, bounded) * this.#widening);
  }

  /**
   * It was ready when this look came: what the next wait of its kind may expect.
   * @returns how long it may have been ready before that; undefined when no look has found it not ready
   */
  ready(elapsedMs: number): number | undefined {
    this.#history.learn(estimateReady(this.#lastLookMs, elapsedMs));
    return this.#lastLookMs === undefined ? undefined : elapsedMs - this.#lastLookMs;
  }

  /** When it will be done, if it goes on as it went between two looks. What is in a queue makes no progress: that tells no speed. */
  #follow(elapsedMs: number, percent: number): void {
    if (percent <= 0) return;
    this.#firstProgress ??= { elapsedMs, percent };
    const { elapsedMs: fromMs, percent: from } = this.#firstProgress;
    if (percent - from < MIN_PERCENT_APART || percent >= 100) return;
    this.#projectedMs = elapsedMs + ((100 - percent) * (elapsedMs - fromMs)) / (percent - from);
  }

  /** Until the next moment at which a wait like this has ended before; undefined after the last one. */
  #untilExpected(elapsedMs: number): number | undefined {
    const expected = this.#expected();
    const next = expected.find((ms) => ms > elapsedMs);
    if (next === undefined) return undefined;
    const earlyMs = next * EARLY_SHARE;
    if (next >= MIN_WITH_EARLY_MS && elapsedMs < earlyMs) return earlyMs - elapsedMs;
    const cluster = expected.filter((ms) => ms >= next && ms <= next * (1 + WASTE));
    return (cluster.at(-1) ?? next) - elapsedMs;
  }

  #overdueMs(elapsedMs: number): number {
    const last = this.#expected().at(-1) ?? 0;
    const steady = Math.max(last * WASTE, (elapsedMs - last) * LATE_SHARE);
    return steady * (0.8 + 0.4 * this.#tools.random());
  }

  #expected(): readonly number[] {
    const { expected } = this.#history;
    const projected = this.#projectedMs;
    if (projected === undefined) return expected;
    const likely = expected.filter((ms) => Math.abs(ms - projected) <= projected * PROGRESS_SHARE);
    return this.#history.isLearnt && likely.length > 0 ? likely : [projected];
  }
}

/**
 * When something became ready, in milliseconds: between the last look that found it not ready and the one that found it
 * ready. Without the former it may have been ready long before.
 */
export function estimateReady(notReadyMs: number | undefined, readyMs: number): number {
  if (notReadyMs === undefined) return Math.round(readyMs * UNSEEN_SHARE);
  return Math.round((notReadyMs + readyMs) / 2);
}
