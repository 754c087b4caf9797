/** Ends something at a time, or when somebody else ends it. */
export interface TimeLimit extends Disposable {
  readonly signal: AbortSignal;
  /** Whether it was the time. */
  readonly hasPassed: boolean;
}

/**
 * Begins a time limit. A timeout of `AbortSignal` itself is not for `AbortSignal.any()`: Node may forget a timeout that nobody else
 * refers to, and then it never fires.
 * @param sooner Whose end ends it, too
 */
export function timeLimit(ms: number, sooner?: AbortSignal): TimeLimit {
  const time = new AbortController();
  const timer = setTimeout(() => time.abort(), ms).unref();
  return {
    signal: sooner ? AbortSignal.any([time.signal, sooner]) : time.signal,
    get hasPassed() {
      return time.signal.aborted;
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
