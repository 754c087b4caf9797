/** When something will be done, in milliseconds since its wait began. */
export interface Forecast {
  readonly fromMs: number;
  readonly toMs: number;
}

interface Reading {
  readonly elapsedMs: number;
  readonly percent: number;
}

/** Steps in which services tell their progress, in percent: where each reading is a multiple of one, it may be as coarse as that. */
const COARSE_STEPS = [25, 20, 10, 5];
/** This much and more is told by those that wait for the very last thing, however long it takes. */
const ALMOST_DONE_PERCENT = 99;
/** A forecast that leaves more than this share of the wait open says nothing. */
const USEFUL_SHARE = 0.04;
/** Answers are under way for different times: forecasts that miss each other by no more than this share agree. */
const SLACK_SHARE = 0.005;
/** So many readings, this far apart in percent, are no chance. */
const CONFIRMING_READINGS = 3;
const CONFIRMING_PERCENT = 10;

/**
 * Follows the progress of one thing, as far as it goes evenly. Progress is a whole number: two readings of it leave a span,
 * which later ones make narrower. What is in a queue makes none, and that tells nothing. Where a reading does not fit those
 * before it, or the forecast time has passed, the progress is not what it says, and is not listened to any more.
 */
export class ProgressForecast {
  readonly #readings: Reading[] = [];
  readonly #made: Forecast[] = [];
  #isBroken = false;

  /** A look that found the thing not done. */
  add(elapsedMs: number, percent: number | undefined): void {
    const latest = this.#made.at(-1);
    if (latest !== undefined && elapsedMs > latest.toMs * (1 + 2 * SLACK_SHARE)) this.#isBroken = true;
    const before = this.#readings.at(-1)?.percent ?? 0;
    if (percent === undefined || percent <= 0 || percent >= ALMOST_DONE_PERCENT) return;
    if (percent < before) this.#isBroken = true;
    this.#readings.push({ elapsedMs, percent });
    const forecast = this.#calculate();
    if (forecast === "uneven") this.#isBroken = true;
    else if (forecast !== undefined && forecast.toMs - forecast.fromMs <= forecast.toMs * USEFUL_SHARE)
      this.#made.push(forecast);
  }

  /** Undefined where the progress tells nothing of use. */
  get now(): Forecast | undefined {
    return this.#isBroken ? undefined : this.#made.at(-1);
  }

  /** Whether it has gone evenly for a good part of the way. */
  get isConfirmed(): boolean {
    const [first, last] = [this.#readings[0], this.#readings.at(-1)];
    if (first === undefined || last === undefined || this.#isBroken) return false;
    return this.#readings.length >= CONFIRMING_READINGS && last.percent - first.percent >= CONFIRMING_PERCENT;
  }

  /**
   * How far off the worst forecast was, as a share of the wait.
   * @param notReadyMs The last look that found it not done
   * @returns undefined where none was made
   */
  offBy(notReadyMs: number, readyMs: number): number | undefined {
    if (this.#made.length === 0) return undefined;
    const missed = this.#made.map(({ fromMs, toMs }) => Math.max(0, fromMs - readyMs, notReadyMs - toMs));
    return Math.max(...missed) / readyMs;
  }

  /** The span that all pairs of the first reading and another leave open. */
  #calculate(): Forecast | "uneven" | undefined {
    const [first, ...others] = this.#readings;
    if (first === undefined || others.length === 0) return undefined;
    const step = COARSE_STEPS.find((each) => this.#readings.every(({ percent }) => percent % each === 0)) ?? 1;
    const spans = others.map((other) => spanOf(first, other, step));
    const fromMs = Math.max(...spans.map((span) => span.fromMs));
    const toMs = Math.min(...spans.map((span) => span.toMs));
    if (!Number.isFinite(toMs)) return undefined;
    if (toMs < fromMs * (1 - SLACK_SHARE)) return "uneven";
    return { fromMs: Math.min(fromMs, toMs), toMs: Math.max(fromMs, toMs) };
  }
}

/** A percentage stands for everything up to its next step. */
function spanOf(first: Reading, later: Reading, step: number): Forecast {
  const ms = later.elapsedMs - first.elapsedMs;
  const percent = later.percent - first.percent;
  const fastest = ((100 - later.percent - step) * ms) / (percent + step);
  const slowest = percent > step ? ((100 - later.percent) * ms) / (percent - step) : Number.POSITIVE_INFINITY;
  return { fromMs: later.elapsedMs + Math.max(0, fastest), toMs: later.elapsedMs + slowest };
}
