import { describe, expect, it } from "vitest";
import { UsageError } from "../../common/errors.ts";
import { Cron } from "./cron.ts";

const at = (text: string) => Date.parse(text);
const shown = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());

describe("Cron", () => {
  it.each([
    ["0 3 * * *", "UTC", "2026-01-10T12:00:00Z", "2026-01-11T03:00:00.000Z"],
    ["0 3 * * *", "Europe/Paris", "2026-01-10T12:00:00Z", "2026-01-11T02:00:00.000Z"],
    ["0 3 * * *", "Europe/Paris", "2026-07-10T12:00:00Z", "2026-07-11T01:00:00.000Z"],
    ["  30   1 * *  mon-fri ", "UTC", "2026-01-09T12:00:00Z", "2026-01-12T01:30:00.000Z"],
    ["@weekly", "UTC", "2026-01-05T00:00:00Z", "2026-01-11T00:00:00.000Z"],
    ["0 0 L * *", "UTC", "2026-02-03T00:00:00Z", "2026-02-28T00:00:00.000Z"],
    ["*/15 * * * *", "UTC", "2026-01-10T12:15:00Z", "2026-01-10T12:30:00.000Z"],
  ])("%s in %s comes after %s at %s", (text, zone, moment, expected) => {
    expect(shown(new Cron(text, zone).after(at(moment)))).toBe(expected);
  });

  it.each([
    ["", "it needs five fields"],
    ["* * * *", "it needs five fields"],
    ["0 0 3 * * *", "it needs five fields"],
    ["@secondly", "it needs five fields"],
    ["H 3 * * *", "H stands for no time in particular"],
    ["0,H 3 * * *", "H stands for no time in particular"],
    ["61 * * * *", "expected range 0-59"],
    ["0 3 30 2 *", "Invalid explicit day of month"],
    ["0 3 * * never", "cannot resolve alias"],
    ["0 3 * * *;id", "Invalid characters"],
  ])("refuses %j", (text, reason) => {
    expect(() => new Cron(text, "UTC")).toThrow(UsageError);
    expect(() => new Cron(text, "UTC")).toThrow(reason);
  });

  it("refuses a zone that is none", () => {
    expect(() => new Cron("@daily", "Mars/Base")).toThrow('-tz "Mars/Base" is no time zone');
  });

  it("finds the latest time that has come, and none before a moment", () => {
    const nightly = new Cron("0 3 * * *", "UTC");
    const long = at("2026-01-01T00:00:00Z");
    expect(shown(nightly.latest(at("2026-01-10T02:59:59Z"), long))).toBe("2026-01-09T03:00:00.000Z");
    expect(shown(nightly.latest(at("2026-01-10T03:00:00Z"), long))).toBe("2026-01-10T03:00:00.000Z");
    expect(nightly.latest(at("2026-01-10T02:59:59Z"), at("2026-01-09T03:00:00Z"))).toBeUndefined();
    expect(shown(new Cron("0 0 1 * *", "UTC").latest(at("2026-01-31T00:00:00Z"), long - 1))).toBe(shown(long));
    expect(shown(new Cron("* * * * *", "UTC").latest(at("2026-01-10T03:00:30Z"), long))).toBe(
      "2026-01-10T03:00:00.000Z",
    );
  });

  it.each(["30 2 * * *", "0 3 * * *", "*/20 * * * *", "0 1-4 * * *"])(
    "%s is found again at each of its times, also where clocks are changed",
    (text) => {
      const cron = new Cron(text, "Europe/Paris");
      for (const begin of ["2026-03-27T00:00:00Z", "2026-10-23T00:00:00Z"].map(at)) {
        for (const time of cron.next(begin, { count: 200, until: begin + 4 * 24 * 3_600_000 })) {
          expect(shown(cron.latest(time, begin)), text).toBe(shown(time));
        }
      }
    },
  );

  it("shows a time by the clock of its zone, and in UTC", () => {
    const time = at("2026-07-11T01:00:00Z");
    expect(new Cron("@daily", "Europe/Paris").show(time)).toBe("2026-07-11 03:00 Europe/Paris (2026-07-11 01:00 UTC)");
    expect(new Cron("@daily", "UTC").show(time)).toBe("2026-07-11 01:00 UTC");
  });
});
