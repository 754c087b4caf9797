import type { Clock } from "../common/clock.ts";

/** Looks at something for everybody who watches: once in a while, and not at all while nobody does. */
export class SharedLook<Value> {
  readonly #read: () => Promise<Value>;
  readonly #everyMs: number;
  readonly #clock: Clock;
  #last: { readonly at: number; readonly value: Promise<Value>; isOver: boolean } | undefined;

  constructor(read: () => Promise<Value>, everyMs: number, clock: Clock) {
    this.#read = read;
    this.#everyMs = everyMs;
    this.#clock = clock;
  }

  /** What there is: at most so old as the time between two looks. */
  now(): Promise<Value> {
    const last = this.#last;
    if (last !== undefined && (!last.isOver || this.#clock.now() - last.at < this.#everyMs)) return last.value;
    const look = { at: this.#clock.now(), value: this.#read(), isOver: false };
    const over = () => {
      look.isOver = true;
    };
    look.value.then(over, over);
    this.#last = look;
    return look.value;
  }

  /** What somebody has done here is seen at the next look. */
  forget(): void {
    this.#last = undefined;
  }

  /** Everything that is seen, look after look, until the signal fires. @throws what a look throws */
  async *follow(signal: AbortSignal): AsyncGenerator<Value> {
    while (!signal.aborted) {
      yield await this.now();
      await this.#clock.sleep(this.#everyMs, signal).catch(() => undefined);
    }
  }
}
