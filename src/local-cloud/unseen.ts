import type { Clock } from "../common/clock.ts";
import type { FaultInjector, LateObject } from "./faults.ts";

/**
 * What is made already, and neither shown by reads nor known to calls: the answers of a platform whose parts hear of each
 * other's news a while later. It is all there: a client token gives the same object again, and a name is taken.
 */
export class Unseen {
  readonly #faults: FaultInjector;
  readonly #clock: Clock;
  /** By kind and id, when it comes to be seen. */
  readonly #until = new Map<string, number>();

  constructor(faults: FaultInjector, clock: Clock) {
    this.#faults = faults;
    this.#clock = clock;
  }

  /** Tells of something that was just made; a fault that waits for one strikes it. */
  made(object: LateObject, id: string): void {
    const ms = this.#faults.takeObject(object);
    if (ms !== undefined) this.#until.set(`${object} ${id}`, this.#clock.now() + ms);
  }

  /** @param id A link has the id of its volume */
  hides(object: LateObject, id: string): boolean {
    const key = `${object} ${id}`;
    const until = this.#until.get(key);
    if (until === undefined) return false;
    if (this.#clock.now() < until) return true;
    this.#until.delete(key);
    return false;
  }
}
