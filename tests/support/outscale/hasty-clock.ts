import { vi } from "vitest";
import type { Clock } from "../../../src/common/clock.ts";
import { throwIfCancelled } from "../../../src/common/errors.ts";

/** Sleeps are over at once, and the fake timers that a test has turned on go off as early as they would. */
export function hastyClock(): Clock {
  let now = Date.parse("2026-01-01T12:00:00Z");
  return {
    now: () => now,
    sleep: async (ms, signal) => {
      throwIfCancelled(signal);
      now += ms;
      vi.advanceTimersByTime(ms);
      throwIfCancelled(signal);
    },
  };
}
