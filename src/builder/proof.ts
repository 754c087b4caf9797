import { CancelledError } from "../common/errors.ts";

/**
 * The wait until what the service has accepted to remove is gone: it may be cut short, which nothing before it may be.
 */
export class Proof implements Disposable {
  /** Fires when the proof, or everything, is to stop. */
  readonly signal: AbortSignal;
  readonly #enough: AbortSignal;
  readonly #stop = new AbortController();
  readonly #cut = () => this.#stop.abort(new CancelledError("The wait for the proof was cut short"));

  /** @param enough Fires when nobody waits for the proof any longer */
  constructor(signal: AbortSignal, enough: AbortSignal) {
    this.#enough = enough;
    this.signal = AbortSignal.any([signal, this.#stop.signal]);
  }

  /** From now on nothing is left but to see that it is gone. */
  begin(): void {
    if (this.#enough.aborted) this.#cut();
    else this.#enough.addEventListener("abort", this.#cut, { once: true });
  }

  get isCutShort(): boolean {
    return this.#stop.signal.aborted;
  }

  [Symbol.dispose](): void {
    this.#enough.removeEventListener("abort", this.#cut);
  }
}
