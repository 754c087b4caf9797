import { parseDuration } from "../../common/duration.ts";
import { formatRfc3339, formatTime, strftime } from "../../go-template/go/time-layout.ts";
import { numberType, objectType, stringType } from "../values/type.ts";
import { numberValue, objectValue, stringValue, type Value } from "../values/value.ts";
import type { FunctionContext } from "./context.ts";
import { argumentAt, type Functions, numberParam, stringParam } from "./define.ts";
import { formatDate } from "./format-date.ts";
import { ArgumentError, FunctionError, type HclFunction } from "./function.ts";
import { formatTimestamp, localDate, parseRfc3339, type Timestamp } from "./timestamp.ts";

const processStart = new Date();

function timestampAt(args: readonly Value[], index: number): Timestamp {
  const text = argumentAt(args, index).asString();
  const time = parseRfc3339(text);
  if (time) return time;
  throw new ArgumentError(index, `"${text}" is not a time in RFC 3339, such as "2026-11-22T19:48:30Z"`);
}

/** `formatdate(format, time)` */
const formatdate: HclFunction = {
  params: [stringParam("format"), stringParam("time")],
  returnType: stringType,
  evaluate: (args) => {
    const time = timestampAt(args, 1);
    return stringValue(formatDate(argumentAt(args, 0).asString(), time));
  },
};

/** 292 years: as many nanoseconds as 63 bits can count. */
const LONGEST_DURATION_MS = 2 ** 63 / 1e6;

/** `timeadd(timestamp, duration)` */
const timeadd: HclFunction = {
  params: [stringParam("timestamp"), stringParam("duration")],
  returnType: stringType,
  evaluate: (args) => {
    const time = timestampAt(args, 0);
    const text = argumentAt(args, 1).asString();
    const durationMs = parseDuration(text);
    if (durationMs === undefined || Math.abs(durationMs) > LONGEST_DURATION_MS) {
      throw new ArgumentError(1, `"${text}" is not a duration, such as "1.5h" or "-2h5m"`);
    }
    const durationNs = BigInt(Math.round(durationMs * 1e6));
    return stringValue(formatTimestamp({ ...time, epochNs: time.epochNs + durationNs }));
  },
};

/** What `rfc3339_parse()` and `unix_timestamp_parse()` tell about a time. */
function describe(time: Timestamp): [string, Value][] {
  const date = localDate(time);
  const week = isoWeek(date);
  const numbers: Readonly<Record<string, number>> = {
    year: date.getUTCFullYear(),
    year_day: Number(formatTime(date, "002")),
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    iso_year: week.year,
    iso_week: week.week,
  };
  const names = { month_name: formatTime(date, "January"), weekday_name: formatTime(date, "Monday") };
  return [
    ...Object.entries(numbers).map(([name, number]): [string, Value] => [name, numberValue(number)]),
    ...Object.entries(names).map(([name, text]): [string, Value] => [name, stringValue(text)]),
  ];
}

/** A week belongs to the year that its Thursday is in. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(date);
  thursday.setUTCDate(date.getUTCDate() + 4 - (date.getUTCDay() || 7));
  return { year: thursday.getUTCFullYear(), week: Math.ceil(Number(formatTime(thursday, "002")) / 7) };
}

const NAMES = ["month_name", "weekday_name"];
const NUMBERS = "day hour iso_week iso_year minute month second weekday year year_day".split(" ");

function descriptionType(extra: Parameters<typeof objectType>[0]) {
  const numbers = NUMBERS.map((name) => [name, numberType] as const);
  return objectType([...numbers, ...NAMES.map((name) => [name, stringType] as const), ...extra]);
}

/** `rfc3339_parse(timestamp)`: here a space may stand in the place of the `T`. */
const rfc3339Parse: HclFunction = {
  params: [stringParam("timestamp")],
  returnType: descriptionType([["unix", numberType]]),
  evaluate: (args) => {
    const text = argumentAt(args, 0).asString();
    const time = parseRfc3339(text, "T or space");
    if (!time) throw new ArgumentError(0, `"${text}" is not a time in RFC 3339, such as "2026-11-22T19:48:30Z"`);
    return objectValue([...describe(time), ["unix", numberValue(seconds(time))]]);
  },
};

function seconds({ epochNs }: Timestamp): bigint {
  const nsPerSecond = 1_000_000_000n;
  return epochNs / nsPerSecond - (epochNs % nsPerSecond < 0n ? 1n : 0n);
}

/** Seconds on either side of 1970 that a date of JavaScript can hold. */
const FARTHEST_SECOND = 8_640_000_000_000n;

/** `unix_timestamp_parse(unix_timestamp)` */
const unixTimestampParse: HclFunction = {
  params: [numberParam("unix_timestamp")],
  returnType: descriptionType([["rfc3339", stringType]]),
  evaluate: (args) => {
    const number = argumentAt(args, 0).asNumber();
    if (!number.isInteger) throw new ArgumentError(0, `a whole number of seconds is required, not ${number}`);
    const whole = number.toBigInt();
    if (whole > FARTHEST_SECOND || whole < -FARTHEST_SECOND)
      throw new ArgumentError(0, `${whole} is too far from 1970`);
    const time = { epochNs: whole * 1_000_000_000n, offsetMinutes: 0 };
    return objectValue([...describe(time), ["rfc3339", stringValue(formatTimestamp(time))]]);
  },
};

/** A function of the start of the run, with an optional format. */
function legacyTime(runStart: Date, format: (time: Date, format: string) => string): HclFunction {
  return {
    params: [],
    variadic: stringParam("format"),
    returnType: stringType,
    evaluate: ([given, ...rest]) => {
      if (rest.length > 0) throw new FunctionError("one format at most is allowed");
      return stringValue(given ? format(runStart, given.asString()) : formatRfc3339(runStart));
    },
  };
}

export function dateFunctions({ now = () => new Date(), runStart = processStart }: FunctionContext): Functions {
  return {
    formatdate,
    legacy_isotime: legacyTime(runStart, formatTime),
    legacy_strftime: legacyTime(runStart, strftime),
    rfc3339_parse: rfc3339Parse,
    timeadd,
    timestamp: { params: [], returnType: stringType, evaluate: () => stringValue(formatRfc3339(now())) },
    unix_timestamp_parse: unixTimestampParse,
  };
}
