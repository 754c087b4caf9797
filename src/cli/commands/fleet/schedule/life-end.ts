import { UsageError } from "../../../../common/errors.ts";

const DAY_MS = 24 * 3_600_000;
/** A schedule does not live for ever: who owns the queue could bring back one that was removed. */
const MOST_DAYS = 366;

/**
 * The last moment of a schedule: the end of a day, UTC.
 * @throws {UsageError} when that is none, is over, or is too far away
 */
export function lifeEnd(text: string | undefined, now: number): number {
  const most = endOfDay(now + (MOST_DAYS - 1) * DAY_MS);
  if (text === undefined) return most;
  const start = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  const isDay = !Number.isNaN(start) && new Date(start).toISOString().startsWith(text);
  if (!isDay) throw new UsageError(`-until must be a day such as 2027-01-31, not "${text}"`);
  const end = endOfDay(start);
  if (end < now) throw new UsageError(`-until ${text} is over`);
  if (end > most)
    throw new UsageError(`-until ${text} is more than a year away`, { hint: "add the schedule again before it ends" });
  return end;
}

function endOfDay(time: number): number {
  return time - (time % DAY_MS) + DAY_MS - 1_000;
}
