import { CronExpressionParser } from "cron-parser";
import { messageOf, UsageError } from "../../common/errors.ts";

const HOUR_MS = 3_600_000;
const SHAPE = /^(?:@(?:hourly|daily|weekly|monthly|yearly|annually|weekdays|weekends)|\S+(?: \S+){4})$/;
/** Jenkins's letter for "some time": it would be another time on each machine. */
const RANDOM = /(?:^|[ ,])H/;

/** When something is to be done, again and again. All times are milliseconds since the epoch. */
export class Cron {
  readonly text: string;
  readonly zone: string;

  /** @throws {UsageError} when the text is none, or there is no such zone */
  constructor(text: string, zone: string) {
    this.text = text.trim().replace(/\s+/g, " ");
    this.zone = zone;
    checkZone(zone);
    const hint = 'minute, hour, day of the month, month, day of the week: "0 3 * * *" is at three every night';
    const refuse = (reason: string) => new UsageError(`-cron "${text}" is no time: ${reason}`, { hint });
    if (!SHAPE.test(this.text)) throw refuse("it needs five fields, or a name such as @daily");
    if (RANDOM.test(this.text)) throw refuse("H stands for no time in particular");
    try {
      this.#parse(0);
    } catch (error) {
      throw refuse(messageOf(error));
    }
  }

  /** The first time after a moment; undefined when it never comes again. */
  after(moment: number): number | undefined {
    try {
      return this.#parse(moment).next().getTime();
    } catch {
      return undefined;
    }
  }

  /** The times that come next. */
  next(moment: number, { count, until }: { readonly count: number; readonly until: number }): readonly number[] {
    const times: number[] = [];
    for (let at = this.after(moment); at !== undefined && at <= until; at = this.after(at)) {
      if (times.push(at) === count) break;
    }
    return times;
  }

  /** `2026-11-28 03:00 Europe/Paris`, with what that is in UTC. */
  show(time: number): string {
    const utc = new Date(time).toISOString().slice(0, 16).replace("T", " ");
    if (this.zone === "UTC") return `${utc} UTC`;
    const local = new Date(time).toLocaleString("sv-SE", { timeZone: this.zone }).slice(0, 16);
    return `${local} ${this.zone} (${utc} UTC)`;
  }

  /** The latest time that has come, after a moment. It is found forwards, so that it is one that {@link after} has told. */
  latest(now: number, since: number): number | undefined {
    for (let span = HOUR_MS; ; span *= 8) {
      const from = Math.max(now - span, since);
      let latest: number | undefined;
      for (let at = this.after(from); at !== undefined && at <= now; at = this.after(at)) latest = at;
      if (latest !== undefined || from === since) return latest;
    }
  }

  #parse(moment: number) {
    return CronExpressionParser.parse(this.text, { currentDate: new Date(moment), tz: this.zone });
  }
}

function checkZone(zone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch {
    throw new UsageError(`-tz "${zone}" is no time zone`, { hint: "such as Europe/Paris, or UTC" });
  }
}
