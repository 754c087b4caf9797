/** Work that goes on beside other work, so much of it at a time. What goes wrong is kept until somebody asks. */
export class WorkBeside {
  readonly #most: number;
  readonly #running = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Begins it, as soon as there is room. */
  async begin(work: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#most) await Promise.race(this.#running);
    const running = work()
      .catch((error: unknown) => void this.#failures.push(error))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Waits until all of it has ended, well or not. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** @throws the first failure */
  check(): void {
    if (this.#failures.length > 0) throw this.#failures[0];
  }
}
