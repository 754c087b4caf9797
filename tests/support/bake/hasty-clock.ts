import { type Clock, systemClock } from "../../../src/common/clock.ts";

/** Waits for this machine are mostly shorter. One for the device lock is not: where two builds want it, only one may have such a clock. */
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

/** A clock whose waits take a moment from `hurry` on, and pass in full: another build may have the device lock before that. */
export function hurryingClock(): Clock & { hurry(): void } {
  let isHurrying = false;
  let skippedMs = 0;
  return {
    hurry: () => {
      isHurrying = true;
    },
    now: () => systemClock.now() + skippedMs,
    sleep: async (ms, signal) => {
      const shortMs = isHurrying ? Math.min(ms, 5) : ms;
      await systemClock.sleep(shortMs, signal);
      skippedMs += ms - shortMs;
    },
  };
}
