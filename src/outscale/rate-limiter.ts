import { type Clock, systemClock } from "../common/clock.ts";
import type { Access } from "./access.ts";
import { isOnThisMachine, parseEndpoint } from "./endpoint.ts";

/** Lets calls pass at no more than a certain rate, in the order in which they came. */
export interface RateLimiter {
  /** Resolves when the next call may be sent; rejects with `CancelledError` when the signal fires first. */
  take(signal?: AbortSignal): Promise<void>;
}

export interface RateLimiterOptions {
  readonly requestsPerSecond: number;
  /** How many calls may pass at once after a quiet time. */
  readonly burst: number;
  readonly clock?: Clock;
}

/** For what needs no protection. */
export const unlimited: RateLimiter = { take: () => Promise.resolve() };

/** The rate that every official client keeps to. */
const DEFAULT_RATE = { requestsPerSecond: 5, burst: 5 };

const shared = new Map<string, RateLimiter>();

/**
 * The one limiter of the process for an account: the service counts per account, however many builds run here.
 * An endpoint on this machine is not limited.
 */
export function sharedRateLimiter({ endpoint, accessKey }: Pick<Access, "endpoint" | "accessKey">): RateLimiter {
  if (isOnThisMachine(parseEndpoint(endpoint))) return unlimited;
  const account = `${accessKey} ${endpoint}`;
  const limiter = shared.get(account) ?? createRateLimiter(DEFAULT_RATE);
  shared.set(account, limiter);
  return limiter;
}

/**
 * A token bucket, kept as the time at which it will be full again: each call moves that time on by its own share, and
 * waits when it lies further ahead than the burst allows.
 */
export function createRateLimiter({ requestsPerSecond, burst, clock = systemClock }: RateLimiterOptions): RateLimiter {
  const intervalMs = 1000 / requestsPerSecond;
  let fullAt = 0;
  return {
    async take(signal) {
      const now = clock.now();
      fullAt = Math.max(fullAt, now) + intervalMs;
      const waitMs = fullAt - now - burst * intervalMs;
      if (waitMs > 0) await clock.sleep(waitMs, signal);
    },
  };
}
