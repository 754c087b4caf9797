import type { Redis } from "ioredis";
import { RefusalError } from "./refusal-error.ts";

/** Nothing is there: to delete it shows whether somebody may write, and changes nothing. */
const NOTHING = "outscale-chroot:fleet:nothing";
/** What is answered where somebody may read, and not write: a replica, or a user with few rights. */
const READ_ALONE = /^(READONLY|NOPERM) /;
/** What a primary answers that cannot write for the moment: who only reads is not kept from it, and who writes is told why. */
const WRITES_LATER = /^(NOREPLICAS|MISCONF|BUSY) /;
/** What a Redis answers that was a primary, and is a replica since a failover that has left its connections open. */
const DEMOTED = /^(READONLY|UNBLOCKED) /;

/**
 * Knows whether what a connection leads to is a primary no longer. A replica that never was anything else is one that somebody
 * reads on purpose.
 */
export class Failover {
  #wasPrimary = false;
  #isDemoted = false;
  #isAsking = false;

  /** Whether it has become a replica, and no primary has answered since. */
  get isDemoted(): boolean {
    return this.#isDemoted;
  }

  /**
   * Asks over the first connection.
   * @throws {RefusalError} when Redis refuses, and not as we may only read there, or only read now
   */
  async begin(redis: Redis): Promise<void> {
    try {
      await redis.del(NOTHING);
      this.#wasPrimary = true;
    } catch (error) {
      if (writesLater(error)) this.#wasPrimary = true;
      else if (!(error instanceof RefusalError && READ_ALONE.test(error.reason))) throw error;
    }
  }

  /** @returns whether an answer shows that it has become a replica */
  notice(answer: string): boolean {
    if (!this.#wasPrimary || !DEMOTED.test(answer)) return false;
    this.#isDemoted = true;
    return true;
  }

  /**
   * For each new connection after that: it is answered by a primary alone, and until then asked again over the next one.
   * @param onPrimary Told when there is one, and at once where there was no failover
   */
  ask(redis: Redis, onPrimary: () => void): void {
    if (!this.#isDemoted) onPrimary();
    if (!this.#isDemoted || this.#isAsking) return;
    this.#isAsking = true;
    const over = () => {
      this.#isDemoted = false;
      onPrimary();
    };
    void redis
      .del(NOTHING)
      .then(over, (error: unknown) => writesLater(error) && over())
      .finally(() => {
        this.#isAsking = false;
      });
  }
}

function writesLater(error: unknown): boolean {
  return error instanceof RefusalError && WRITES_LATER.test(error.reason);
}
