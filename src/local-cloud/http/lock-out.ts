import type { Settings } from "../options.ts";
import { Refusal } from "../refusal.ts";

const FAILURES = 4;
const MINUTE_MS = 60_000;
const LONGEST_MINUTES = 10;

/**
 * Four bad signatures in a row block an access key for a minute; each further four add one, up to ten minutes.
 * @see OUTSCALE API description, "Authentication"
 */
export class LockOut {
  readonly #settings: Settings;
  readonly #failures = new Map<string, { count: number; lastMs: number }>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** @throws {Refusal} `locked-out` */
  check(accessKey: string): void {
    const failures = this.#failures.get(accessKey);
    if (!this.#settings.lockOut || !failures) return;
    const minutes = Math.min(Math.floor(failures.count / FAILURES), LONGEST_MINUTES);
    const leftMs = failures.lastMs + minutes * MINUTE_MS - this.#settings.clock.now();
    if (leftMs <= 0) return;
    throw new Refusal(
      "locked-out",
      `Too many bad signatures: authentication is blocked for ${Math.ceil(leftMs / 1000)} s`,
    );
  }

  countFailure(accessKey: string): void {
    const count = (this.#failures.get(accessKey)?.count ?? 0) + 1;
    this.#failures.set(accessKey, { count, lastMs: this.#settings.clock.now() });
  }

  countSuccess(accessKey: string): void {
    this.#failures.delete(accessKey);
  }
}
