import { keepFailure } from "../queue/attempts.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import type { FailedAttempt, JobMessage, SentResult } from "../queue/messages.ts";

/** Pauses grow fourfold, up to this. */
const GROWTH = 4;
const LONGEST_PAUSE_MS = 15 * 60_000;

/**
 * Notes that an attempt at a build has failed, and says whether there will be another: when the failure may pass, nothing is
 * left of the attempt, and there were not too many yet.
 * @param attempt Which one it was, from 1
 * @param random Between 0 and 1: builds that failed together do not all come back at once
 * @returns undefined for an end that is no failure, or when it is the first and stays the only one
 */
export async function noteFailure(
  queue: FleetQueue,
  { id, settings }: JobMessage,
  { attempt, result }: { readonly attempt: number; readonly result: SentResult },
  random: number,
): Promise<FailedAttempt | undefined> {
  const { error, outcome } = result;
  if (outcome !== "failed" || error === undefined) return undefined;
  const most = settings.retries.most + 1;
  const isClean = error.cleanup.length === 0;
  const isAgain = error.retry !== undefined && isClean && attempt < most;
  if (!isAgain && attempt === 1) return undefined;
  await keepFailure(queue, id, attempt, result);
  const { code, message } = error;
  const next = isAgain ? { afterMs: pauseMs(attempt, settings.retries.delayMs, random), reason: error.retry } : null;
  return { attempt, most, code, message, next };
}

/** Milliseconds after the given attempt, counted from 1; half of it is random. */
export function pauseMs(attempt: number, delayMs: number, random: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, delayMs * GROWTH ** (attempt - 1));
  return Math.round(longest * (0.5 + random / 2));
}
