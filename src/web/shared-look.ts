import type { Clock } from "../common/clock.ts";

/** What was seen last. Times are milliseconds since the epoch. */
export interface Seen<Value> {
  readonly value: Value;
  readonly at: number;
  /** Why it cannot be seen now, where that is so. */
  readonly failure: { readonly error: unknown; readonly since: number } | undefined;
}

interface SharedLookOptions {
  readonly everyMs: number;
  readonly clock: Clock;
  /** Whether a failure passes by itself, so that what was seen before it is worth showing. By default none does. */
  readonly isPassing?: (error: unknown) => boolean;
}

/** Looks at something for everybody who watches: once in a while, and not at all while nobody does. */
export class SharedLook<Value> {
  readonly #read: () => Promise<Value>;
  readonly #options: SharedLookOptions;
  #last: { readonly at: number; readonly value: Promise<Value>; isOver: boolean } | undefined;
  #good: { readonly at: number; readonly value: Value } | undefined;
  #failingSince: number | undefined;

  constructor(read: () => Promise<Value>, options: SharedLookOptions) {
    this.#read = read;
    this.#options = options;
  }

  /** What there is: at most so old as the time between two looks. */
  now(): Promise<Value> {
    const { clock, everyMs } = this.#options;
    const last = this.#last;
    if (last !== undefined && (!last.isOver || clock.now() - last.at < everyMs)) return last.value;
    const look = { at: clock.now(), value: this.#read(), isOver: false };
    look.value.then(
      (value) => {
        look.isOver = true;
        this.#good = { at: look.at, value };
        this.#failingSince = undefined;
      },
      () => {
        look.isOver = true;
        this.#failingSince ??= look.at;
      },
    );
    this.#last = look;
    return look.value;
  }

  /** What there is, or what there was before a failure that passes. @throws what a look throws, where there is neither */
  async seen(): Promise<Seen<Value>> {
    const { clock, isPassing = () => false } = this.#options;
    try {
      const value = await this.now();
      return { value, at: this.#good?.at ?? clock.now(), failure: undefined };
    } catch (error) {
      if (this.#good === undefined || !isPassing(error)) throw error;
      return { ...this.#good, failure: { error, since: this.#failingSince ?? clock.now() } };
    }
  }

  /** What somebody has done here is seen at the next look. */
  forget(): void {
    this.#last = undefined;
  }

  /** Everything that is seen, look after look, until the signal fires. @throws as {@link seen} */
  async *follow(signal: AbortSignal): AsyncGenerator<Seen<Value>> {
    const { clock, everyMs } = this.#options;
    while (!signal.aborted) {
      yield await this.seen();
      await clock.sleep(everyMs, signal).catch(() => undefined);
    }
  }
}
