import type { Ui } from "../../builder/ui.ts";
import { systemClock } from "../../common/clock.ts";
import { messageOf } from "../../common/errors.ts";
import type { BundleBucket } from "../objects/bundle-bucket.ts";
import { trimObjects } from "../objects/trim-objects.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";

const EVERY_MS = 10 * 60_000;

interface TrimmingInput {
  readonly queue: FleetQueue;
  readonly bucket: Pick<BundleBucket, "storage">;
  readonly ui: Pick<Ui, "warn">;
}

/** What a worker does, at its start and now and then, about objects that no build needs any more. */
export class Trimming {
  readonly #input: TrimmingInput;
  /** The buckets of which something was told: once is enough. */
  readonly #told = new Set<string>();

  constructor(input: TrimmingInput) {
    this.#input = input;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#trim(signal);
      await systemClock.sleep(EVERY_MS, signal).catch(() => undefined);
    }
  }

  async #trim(signal: AbortSignal): Promise<void> {
    const { queue, bucket } = this.#input;
    try {
      const problems = await trimObjects({ queue, storage: () => bucket.storage(), now: systemClock.now(), signal });
      for (const [name, problem] of problems) this.#tellOnce(name, problem);
    } catch (error) {
      if (signal.aborted) return;
      this.#tellOnce("", `The objects that no build needs any more cannot be looked for: ${messageOf(error)}`);
    }
  }

  #tellOnce(bucket: string, message: string): void {
    if (this.#told.has(bucket)) return;
    this.#told.add(bucket);
    this.#input.ui.warn(message);
  }
}
