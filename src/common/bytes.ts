const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** `0 B`, `12.3 MB`; decimal, as disks are sold. */
export function inBytes(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${bytes < 0 ? "-" : ""}${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** The same with its sign: `+12.3 MB`. */
export function growth(bytes: number): string {
  return `${bytes >= 0 ? "+" : ""}${inBytes(bytes)}`;
}
