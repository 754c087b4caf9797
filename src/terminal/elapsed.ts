const UNITS = [
  ["week", 604_800_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
  ["millisecond", 1],
] as const;

/** A time as Packer tells it, its two largest units: `1 minute 5 seconds`, `2 seconds 40 milliseconds`. */
export function inWords(ms: number): string {
  let rest = Math.round(ms);
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? "" : "s"}`);
  }
  return parts.slice(0, 2).join(" ") || "0 milliseconds";
}

/** A time in little space, for what is still going on: `5s`, `1m05s`, `2h03m`. */
export function inShort(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const two = (value: number) => String(value % 60).padStart(2, "0");
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m${two(seconds)}s` : `${Math.floor(minutes / 60)}h${two(minutes)}m`;
}

/** A time with enough digits to compare, for tables: `0.04 s`, `12.3 s`, `1 m 05 s`. */
export function inSeconds(ms: number): string {
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)} m ${String(Math.floor(ms / 1_000) % 60).padStart(2, "0")} s`;
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
