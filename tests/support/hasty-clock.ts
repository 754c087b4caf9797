import { type Clock, systemClock } from "../../src/common/clock.ts";

const LONGEST_MS = 5;

/** A clock on which long waits take a moment: `now()` counts them in full, so that deadlines come. */
export function hastyClock(): Clock {
  let skippedMs = 0;
  return {
    now: () => systemClock.now() + skippedMs,
    sleep: async (ms, signal) => {
      const shortMs = Math.min(ms, LONGEST_MS);
      await systemClock.sleep(shortMs, signal);
      skippedMs += ms - shortMs;
    },
  };
}
