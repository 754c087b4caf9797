import { throwIfCancelled } from "./errors.ts";

/** Time, as tests swap it. */
export interface Clock {
  /** Milliseconds since the epoch. It never jumps, whatever somebody does with the machine's clock meanwhile. */
  now(): number;
  /** Waits, or rejects with `CancelledError` as soon as the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Math.floor(performance.timeOrigin + performance.now()),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        try {
          throwIfCancelled(signal);
        } catch (error) {
          reject(error);
        }
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, ms);
      if (signal?.aborted) stop();
      else signal?.addEventListener("abort", stop, { once: true });
    }),
};
