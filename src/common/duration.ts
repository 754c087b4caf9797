const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3, // U+00B5
  μs: 1e-3, // U+03BC
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Milliseconds of a duration in Go's notation: `10s`, `1h15m30.5s`, `-1.5h`, `0`. Undefined when it is none.
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function parseDuration(text: string): number | undefined {
  const [, sign, body] = /^([+-]?)(.+)$/.exec(text) ?? [];
  if (body === undefined) return undefined;
  if (body === "0") return 0;
  const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy;
  let total = 0;
  let end = 0;
  for (const match of body.matchAll(part)) {
    total += Number(match[1]) * (UNIT_MS[match[2] ?? ""] ?? Number.NaN);
    end = match.index + match[0].length;
  }
  if (end !== body.length) return undefined;
  return sign === "-" ? -total : total;
}

const DAY_MS = 24 * 3_600_000;

/** Milliseconds of an age: days (`30d`), or a duration as of {@link parseDuration}; more than zero. Undefined when it is none. */
export function parseAge(text: string): number | undefined {
  const [, days] = /^(\d+(?:\.\d+)?)d$/.exec(text) ?? [];
  const ms = days === undefined ? parseDuration(text) : Number(days) * DAY_MS;
  return ms !== undefined && ms > 0 ? ms : undefined;
}

/** An age as {@link parseAge} reads it: whole days as such. */
export function formatAge(ms: number): string {
  return ms % DAY_MS === 0 ? `${ms / DAY_MS}d` : formatDuration(ms);
}

/** A duration as Go prints it: `1h15m30.5s`, `10s`, `250ms`, `0s`. Finer than a millisecond is rounded away. */
export function formatDuration(ms: number): string {
  const rounded = Math.round(Math.abs(ms));
  const sign = ms < 0 && rounded > 0 ? "-" : "";
  if (rounded > 0 && rounded < 1_000) return `${sign}${rounded}ms`;
  const hours = Math.floor(rounded / 3_600_000);
  const minutes = Math.floor(rounded / 60_000) % 60;
  const seconds = (rounded % 60_000) / 1_000;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}
