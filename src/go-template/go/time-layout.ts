const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MS_PER_DAY = 86_400_000;

/** The parts of a layout, longest first where one begins another. Parts are parts of Mon Jan 2 15:04:05 MST 2006. */
const LAYOUT_PART =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|_2(?!006)|__2|3|4|5|PM|pm|[-Z]07(?:0000|:00:00|00|:00|)|[.,](?:0+|9+)(?!\d)/g;

type Formatter = (time: Date) => string;

const FORMATTERS: Readonly<Record<string, Formatter>> = {
  January: (time) => monthName(time),
  Jan: (time) => monthName(time).slice(0, 3),
  Monday: (time) => weekdayName(time),
  Mon: (time) => weekdayName(time).slice(0, 3),
  MST: () => "UTC",
  "01": (time) => digits(time.getUTCMonth() + 1, 2),
  "02": (time) => digits(time.getUTCDate(), 2),
  "03": (time) => digits(hour12(time), 2),
  "04": (time) => digits(time.getUTCMinutes(), 2),
  "05": (time) => digits(time.getUTCSeconds(), 2),
  "06": (time) => digits(Math.abs(time.getUTCFullYear()) % 100, 2),
  "002": (time) => digits(dayOfYear(time), 3),
  "15": (time) => digits(time.getUTCHours(), 2),
  "1": (time) => String(time.getUTCMonth() + 1),
  "2006": (time) => digits(time.getUTCFullYear(), 4),
  "2": (time) => String(time.getUTCDate()),
  _2: (time) => String(time.getUTCDate()).padStart(2),
  __2: (time) => String(dayOfYear(time)).padStart(3),
  "3": (time) => String(hour12(time)),
  "4": (time) => String(time.getUTCMinutes()),
  "5": (time) => String(time.getUTCSeconds()),
  PM: (time) => (time.getUTCHours() >= 12 ? "PM" : "AM"),
  pm: (time) => (time.getUTCHours() >= 12 ? "pm" : "am"),
};

/** Formats a time in UTC by an example, as Go's `Time.Format` does: `2006-01-02` gives `2026-11-22`. */
export function formatTime(time: Date, layout: string): string {
  return layout.replace(LAYOUT_PART, (part) => {
    const formatter = FORMATTERS[part];
    if (formatter) return formatter(time);
    if (part.startsWith("Z")) return "Z";
    if (part.startsWith("-")) return `+${part.slice(1).replace("7", "0")}`;
    return fraction(time, part);
  });
}

/** RFC 3339 with whole seconds, as Go prints it. */
export function formatRfc3339(time: Date): string {
  return formatTime(time, "2006-01-02T15:04:05Z07:00");
}

function monthName(time: Date): string {
  return MONTHS[time.getUTCMonth()] ?? "";
}

function weekdayName(time: Date): string {
  return WEEKDAYS[time.getUTCDay()] ?? "";
}

function digits(value: number, width: number): string {
  return (value < 0 ? "-" : "") + String(Math.abs(value)).padStart(width, "0");
}

/** Noon is 12 PM, midnight is 12 AM. */
function hour12(time: Date): number {
  return time.getUTCHours() % 12 || 12;
}

function dayOfYear(time: Date): number {
  // Not Date.UTC(), which takes the years before 100 for those of the 20th century.
  const startOfYear = new Date(0).setUTCFullYear(time.getUTCFullYear(), 0, 1);
  return Math.floor((time.getTime() - startOfYear) / MS_PER_DAY) + 1;
}

/** `.000` keeps its zeros; `.999` drops them, and the point with them. */
function fraction(time: Date, part: string): string {
  const places = Math.min(part.length - 1, 9); // nanoseconds, and no finer
  const shown = digits(time.getUTCMilliseconds(), 3).padEnd(9, "0").slice(0, places);
  const kept = part[1] === "9" ? shown.replace(/0+$/, "") : shown;
  return kept === "" ? "" : `${part[0]}${kept}`;
}

const STRFTIME_LAYOUTS: Readonly<Record<string, string>> = {
  B: "January",
  b: "Jan",
  m: "01",
  A: "Monday",
  a: "Mon",
  d: "02",
  H: "15",
  I: "03",
  M: "04",
  S: "05",
  Y: "2006",
  y: "06",
  p: "PM",
  Z: "MST",
  z: "-0700",
  L: ".000",
};

/** Formats a time in UTC with the `%` directives that Packer's `strftime` knows; others stay as they are. */
export function strftime(time: Date, format: string): string {
  return format.replace(/%(.)/gs, (directive, letter: string) => {
    if (letter === "%") return "%";
    const layout = STRFTIME_LAYOUTS[letter];
    return layout === undefined ? directive : formatTime(time, layout);
  });
}
