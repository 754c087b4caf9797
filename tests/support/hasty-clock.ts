import { type Clock, systemClock } from "../../src/common/clock.ts";

/** Polls of this machine are shorter: they must not make the clock run away while another build has the device lock. */
const LONG_MS = 300;
const SHORT_MS = 5;

/** A clock on which long waits take a moment: `now()` counts them in full, so that deadlines come. */
export function hastyClock(): Clock {
  let skippedMs = 0;
  return {
    now: () => systemClock.now() + skippedMs,
    sleep: async (ms, signal) => {
      const shortMs = ms < LONG_MS ? ms : SHORT_MS;
      await systemClock.sleep(shortMs, signal);
      skippedMs += ms - shortMs;
    },
  };
}
