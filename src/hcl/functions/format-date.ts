import { formatTime } from "../../go-template/go/time-layout.ts";
import { ArgumentError } from "./function.ts";
import { localDate, offsetText, type Timestamp } from "./timestamp.ts";

/** Quoted text, a run of one letter, or anything else. */
const TOKEN = /''|'(?:[^']|'')*'?|([A-Za-z])\1*|[^'A-Za-z]+/g;

/** The layouts of Go's `time` that each run of letters stands for. */
const LAYOUTS: Readonly<Record<string, string>> = {
  YY: "06",
  YYYY: "2006",
  M: "1",
  MM: "01",
  MMM: "Jan",
  MMMM: "January",
  D: "2",
  DD: "02",
  EEE: "Mon",
  EEEE: "Monday",
  hh: "15",
  H: "3",
  HH: "03",
  AA: "PM",
  aa: "pm",
  m: "4",
  mm: "04",
  s: "5",
  ss: "05",
};

/**
 * Formats a time as `formatdate()` does: `DD MMM YYYY hh:mm ZZZ`, with literal text in single quotes.
 *
 * @throws {ArgumentError} for a run of letters that means nothing, and for a quote that does not end
 */
export function formatDate(format: string, time: Timestamp): string {
  return format.replace(TOKEN, (token, letter: string | undefined) => {
    if (token.startsWith("'")) return unquote(token);
    return letter === undefined ? token : formatPart(token, time);
  });
}

function unquote(token: string): string {
  if (token === "''") return "'";
  const isClosed = token.length > 1 && token.endsWith("'");
  if (!isClosed) throw new ArgumentError(0, "a quote (') does not end");
  return token.slice(1, -1).replaceAll("''", "'");
}

function formatPart(letters: string, time: Timestamp): string {
  const date = localDate(time);
  const layout = LAYOUTS[letters];
  if (layout !== undefined) return formatTime(date, layout);
  if (letters === "h") return String(date.getUTCHours());
  if (letters === "Z") return time.offsetMinutes === 0 ? "Z" : offsetText(time.offsetMinutes, ":");
  if (letters === "ZZZ") return time.offsetMinutes === 0 ? "UTC" : offsetText(time.offsetMinutes, "");
  if (letters === "ZZZZ") return offsetText(time.offsetMinutes, "");
  if (letters === "ZZZZZ") return offsetText(time.offsetMinutes, ":");
  const similar = [...Object.keys(LAYOUTS), "h", "Z", "ZZZ", "ZZZZ", "ZZZZZ"].filter(
    (known) => known[0] === letters[0],
  );
  const advice = similar.length > 0 ? `write ${similar.join(", ")}` : "put literal text in single quotes";
  throw new ArgumentError(0, `"${letters}" is no part of a date format; ${advice}`);
}
