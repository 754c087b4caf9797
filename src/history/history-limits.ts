import { UsageError } from "../common/errors.ts";
import type { HistoryLimits } from "./prune-records.ts";

const DAY_MS = 86_400_000;
const DEFAULT_RUNS = 200;
const DEFAULT_DAYS = 90;

/**
 * How much is kept, as the environment says it: `OUTSCALE_CHROOT_HISTORY_RUNS` (0 keeps nothing) and
 * `OUTSCALE_CHROOT_HISTORY_DAYS`.
 * @throws {UsageError} for a value that is no whole number
 */
export function historyLimits(env: NodeJS.ProcessEnv): HistoryLimits {
  const runs = readNumber(env, "OUTSCALE_CHROOT_HISTORY_RUNS", DEFAULT_RUNS);
  return { runs, ageMs: readNumber(env, "OUTSCALE_CHROOT_HISTORY_DAYS", DEFAULT_DAYS) * DAY_MS };
}

function readNumber(env: NodeJS.ProcessEnv, name: string, byDefault: number): number {
  const text = env[name];
  if (!text) return byDefault;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new UsageError(`${name} must be a whole number, not "${text}"`);
}
