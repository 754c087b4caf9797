import { Redis, type RedisOptions } from "ioredis";
import { RefusalError } from "./refusal-error.ts";

type Sent = Parameters<Redis["sendCommand"]>;

/** Told of each answer, whatever it is. */
export const ANSWERED = "answered";

/** A connection to Redis, with some things otherwise than ioredis has them. */
export class QueueRedis extends Redis {
  /**
   * ioredis tells nobody of the end of a connection that is between two tries when it is to end: who waits for that end, or
   * for an answer, would wait forever. It does end one that was never begun.
   */
  override disconnect(reconnect = false): void {
    if (!reconnect && this.status === "reconnecting") this.status = "wait";
    super.disconnect(reconnect);
  }

  /** What Redis answers that it will not is an error that a person can act on. @throws {RefusalError} */
  override sendCommand(...sent: Sent): unknown {
    const answer = Promise.resolve(super.sendCommand(...sent)).then(
      (value) => {
        this.emit(ANSWERED);
        return value;
      },
      (error: unknown) => {
        if (!(error instanceof Error) || error.name !== "ReplyError") throw error;
        this.emit(ANSWERED);
        // ioredis itself sends a script that Redis does not know.
        if (error.message.startsWith("NOSCRIPT")) throw error;
        throw new RefusalError(error.message);
      },
    );
    // A command of a transaction is answered elsewhere, too, and nobody waits here.
    answer.catch(() => undefined);
    return answer;
  }

  /** The engine makes its own connections by this. */
  override duplicate(override?: Partial<RedisOptions>): Redis {
    return new QueueRedis({ ...this.options, ...override, replyMapping: "legacy" });
  }
}
