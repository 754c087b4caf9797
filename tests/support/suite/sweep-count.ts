import { writeSync } from "node:fs";
import { isWholeSweep } from "./sample.ts";

/** Counts what a sweep has tried, and how often the rule held: a whole sweep prints it, to be quoted. */
export class SweepCount {
  readonly #what: string;
  #tried = 0;
  readonly #broke: string[] = [];

  /** @param what In the plural: `kills` */
  constructor(what: string) {
    this.#what = what;
  }

  /** What did not hold, in the order in which it was found. */
  get broke(): readonly string[] {
    return this.#broke;
  }

  /** Does one try, which throws what does not hold. */
  async try(name: string, check: () => Promise<void>): Promise<void> {
    this.#tried += 1;
    try {
      await check();
    } catch (error) {
      this.#broke.push(`${name}: ${String(error)}`);
    }
  }

  print(): void {
    const broke = this.#broke.length;
    const line = `Sweep: ${this.#what}: ${this.#tried} tried, ${this.#tried - broke} held, ${broke} broke\n`;
    if (isWholeSweep) writeSync(1, line);
  }
}
