import { EventEmitter } from "node:events";
import type { Redis } from "ioredis";
import type { FleetQueue } from "./fleet-queue.ts";

/**
 * Tells those who follow jobs when a piece of output was written: over one connection, however many jobs they are. It is a
 * hint and no more: what it is about is in the job's stream, and a hint that is lost only makes it come later.
 */
export class OutputNews implements Disposable {
  readonly #connection: Redis;
  readonly #listeners = new EventEmitter().setMaxListeners(0);

  constructor({ redis }: FleetQueue) {
    this.#connection = redis.duplicate();
    this.#connection.on("message", (channel: string) => this.#listeners.emit(channel));
    // What was written while it was lost was told to nobody.
    this.#connection.on("ready", () => {
      for (const channel of this.#listeners.eventNames()) this.#listeners.emit(channel);
    });
    // It is made anew by itself; who opened the first connection tells of it.
    this.#connection.on("error", () => undefined);
  }

  /** Calls `onNews` for each piece that is written from when this has come back. @returns ends that */
  async listen(channel: string, onNews: () => void): Promise<() => void> {
    this.#listeners.on(channel, onNews);
    const stop = () => void this.#listeners.off(channel, onNews);
    await this.#connection.subscribe(channel).catch((error: unknown) => {
      stop();
      throw error;
    });
    return () => {
      stop();
      if (this.#listeners.listenerCount(channel) > 0) return;
      // Over a connection that is closed meanwhile, nothing comes any more either.
      this.#connection.unsubscribe(channel).catch(() => undefined);
    };
  }

  [Symbol.dispose](): void {
    this.#connection.disconnect();
  }
}
