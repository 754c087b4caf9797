import type { Clock } from "../common/clock.ts";
import type { FaultInjector } from "./faults.ts";
import type { ImageRecord } from "./records.ts";

/**
 * OMIs that are gone, and that reads still show as they were: the answers of a platform whose parts hear of a deletion a while
 * later. The name is free, and no call knows them any more.
 */
export class Lingering {
  readonly #faults: Pick<FaultInjector, "takeLingering">;
  readonly #clock: Pick<Clock, "now">;
  readonly #shown = new Map<string, { readonly image: ImageRecord; readonly until: number }>();

  constructor(faults: Pick<FaultInjector, "takeLingering">, clock: Pick<Clock, "now">) {
    this.#faults = faults;
    this.#clock = clock;
  }

  /** Tells of an OMI whose deletion was just accepted; a fault that waits for one strikes it. */
  deleted(image: ImageRecord): void {
    const ms = this.#faults.takeLingering();
    if (ms !== undefined) this.#shown.set(image.id, { image, until: this.#clock.now() + ms });
  }

  /** Those that are still to be seen. */
  get images(): readonly ImageRecord[] {
    for (const [id, { until }] of this.#shown) if (this.#clock.now() >= until) this.#shown.delete(id);
    return [...this.#shown.values()].map(({ image }) => image);
  }
}
