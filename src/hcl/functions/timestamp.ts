/** A time with its offset from UTC, exact to the nanosecond. */
export interface Timestamp {
  /** Nanoseconds since 1970-01-01T00:00:00Z. */
  readonly epochNs: bigint;
  readonly offsetMinutes: number;
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)([T ])(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;
const NS_PER_MS = 1_000_000n;
const MS_PER_MINUTE = 60_000;

/**
 * Reads a time in RFC 3339.
 *
 * @param separator What may stand between date and time
 * @returns undefined when it is none, or does not exist, such as the 30th of February
 */
export function parseRfc3339(text: string, separator: "T" | "T or space" = "T"): Timestamp | undefined {
  const match = RFC3339.exec(text);
  if (!match || (match[4] !== "T" && separator === "T")) return undefined;
  const [year = 0, month = 0, day = 0] = match.slice(1, 4).map(Number);
  const [hour = 0, minute = 0, second = 0] = match.slice(5, 8).map(Number);
  const [offsetHours, offsetRest] = [Number(match[10] ?? 0), Number(match[11] ?? 0)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetRest > 59) return undefined;
  const offsetMinutes = (offsetHours * 60 + offsetRest) * (match[9] === "-" ? -1 : 1);
  const ms = utc(year, month - 1, day).getTime() + ((hour * 60 + minute - offsetMinutes) * 60 + second) * 1000;
  const fraction = BigInt((match[8] ?? "").slice(0, 9).padEnd(9, "0"));
  return { epochNs: BigInt(ms) * NS_PER_MS + fraction, offsetMinutes };
}

/** A date in UTC; the years before 100 are themselves, not 19xx. */
function utc(year: number, monthIndex: number, day: number): Date {
  const date = new Date(0);
  date.setUTCFullYear(year, monthIndex, day);
  return date;
}

function daysIn(year: number, month: number): number {
  return utc(year, month, 0).getUTCDate();
}

/** The time as clocks show it at the offset: a date whose UTC parts are the local ones. */
export function localDate({ epochNs, offsetMinutes }: Timestamp): Date {
  const ms = epochNs / NS_PER_MS - (epochNs % NS_PER_MS < 0n ? 1n : 0n);
  return new Date(Number(ms) + offsetMinutes * MS_PER_MINUTE);
}

/** `+02:00`, or with another separator `+0200`. */
export function offsetText(offsetMinutes: number, separator: ":" | ""): string {
  const minutes = Math.abs(offsetMinutes);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${offsetMinutes < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${separator}${two(minutes % 60)}`;
}

/** RFC 3339 with whole seconds. */
export function formatTimestamp(time: Timestamp): string {
  const date = localDate(time);
  const year = date.getUTCFullYear();
  const shownYear = `${year < 0 ? "-" : ""}${String(Math.abs(year)).padStart(4, "0")}`;
  const rest = date
    .toISOString()
    .replace(/^[+-]?\d+-/, "")
    .slice(0, "01-02T03:04:05".length);
  return `${shownYear}-${rest}${time.offsetMinutes === 0 ? "Z" : offsetText(time.offsetMinutes, ":")}`;
}
