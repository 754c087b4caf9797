import type { ApiFailure } from "./errors.ts";
import type { ActionName } from "./oapi.ts";

/**
 * What sending a call twice does.
 *
 * - `read`: nothing, it changes nothing.
 * - `repeatable`: nothing more than once. A delete may answer "not found" the second time, an unlink "not linked".
 * - `once`: it may act twice.
 */
export type Effect = "read" | "repeatable" | "once";

/** The effect of a call. CreateVolume and CreateSnapshot are repeatable when they carry a `ClientToken`. */
export function effectOf(action: ActionName, request: object): Effect {
  if (/^(Read|Check)/.test(action)) return "read";
  if (/^(Delete|Unlink|Update|CreateTags$)/.test(action)) return "repeatable";
  return "ClientToken" in request && request.ClientToken ? "repeatable" : "once";
}

export interface RetrySettings {
  /** How often a call is sent at most. */
  readonly attempts: number;
  /** The first wait; each next one is twice as long. Half of it is random. */
  readonly baseMs: number;
  readonly capMs: number;
  /** No new attempt starts later than this after the first. */
  readonly totalMs: number;
}

export const defaultRetry: RetrySettings = { attempts: 8, baseMs: 500, capMs: 30_000, totalMs: 180_000 };

/** Whether to send again: the failure may pass, and doing it twice is harmless or surely has not begun. */
export function isRetryable(
  effect: Effect,
  { isTransient, failure }: { readonly isTransient: boolean; readonly failure: Pick<ApiFailure, "ambiguous"> },
): boolean {
  return isTransient && (effect !== "once" || !failure.ambiguous);
}

/**
 * Milliseconds to wait after the given failed attempt, counted from 1. The service's own wish goes first.
 *
 * @param random Between 0 and 1.
 */
export function retryDelayMs(
  attempt: number,
  { baseMs, capMs }: RetrySettings,
  retryAfterMs: number | undefined,
  random: number,
): number {
  const longest = Math.min(capMs, baseMs * 2 ** (attempt - 1));
  return Math.max(longest * (0.5 + random / 2), retryAfterMs ?? 0);
}

/** `Retry-After`: seconds, or a date. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
