import { describe, expect, it } from "vitest";
import { type Forecast, ProgressForecast } from "./progress-forecast.ts";

/** @param readings Seconds and percent */
function follow(...readings: readonly (readonly [number, number | undefined])[]): ProgressForecast {
  const forecast = new ProgressForecast();
  for (const [seconds, percent] of readings) forecast.add(seconds * 1_000, percent);
  return forecast;
}

const round = (forecast: Forecast | undefined) => forecast && [forecast.fromMs, forecast.toMs].map(Math.round);

describe("ProgressForecast", () => {
  it.each([
    [
      "two readings leave a span",
      [
        [15, 50],
        [24, 94],
      ],
      [25_000, 25_256],
    ],
    [
      "a third one makes it narrower",
      [
        [7, 11],
        [15, 51],
        [24, 96],
      ],
      [24_593, 24_810],
    ],
    [
      "what is in a queue makes no progress",
      [
        [1, 0],
        [4, 0],
        [15, 50],
        [24, 94],
      ],
      [25_000, 25_256],
    ],
  ] as const)("%s", (_title, readings, expected) => {
    expect(round(follow(...readings).now)).toEqual(expected);
  });

  it.each([
    ["one reading", [[15, 50]]],
    [
      "a span that is too wide",
      [
        [10, 20],
        [11, 24],
      ],
    ],
    [
      "readings in tens that say next to nothing",
      [
        [15, 50],
        [20, 70],
      ],
    ],
    [
      "no progress at all",
      [
        [15, 0],
        [20, 0],
      ],
    ],
    [
      "nothing told",
      [
        [15, undefined],
        [20, undefined],
      ],
    ],
    [
      "what is almost done for long",
      [
        [5, 99],
        [20, 99],
      ],
    ],
    [
      "one that goes faster and faster",
      [
        [5, 4],
        [10, 16],
        [15, 36],
        [20, 64],
      ],
    ],
    [
      "one that stands still",
      [
        [5, 30],
        [10, 60],
        [15, 95],
        [20, 95],
      ],
    ],
    [
      "one that goes backwards",
      [
        [5, 30],
        [15, 90],
        [16, 80],
      ],
    ],
  ] as const)("tells nothing of %s", (_title, readings) => {
    expect(follow(...readings).now).toBeUndefined();
  });

  it("is over when the time that it foretold is", () => {
    const forecast = follow([15, 50], [24, 94]);
    forecast.add(25_200, 99);
    expect(forecast.now).toBeDefined();
    forecast.add(25_700, 99);
    expect(forecast.now).toBeUndefined();
  });

  it("is confirmed by a third reading that fits, far enough on", () => {
    expect(follow([15, 50], [24, 94]).isConfirmed).toBe(false);
    expect(follow([15, 50], [16, 54], [17, 58]).isConfirmed).toBe(false);
    expect(follow([15, 50], [20, 75], [24, 94]).isConfirmed).toBe(true);
    expect(follow([5, 30], [10, 60], [15, 95], [20, 95]).isConfirmed).toBe(false);
  });

  describe("offBy()", () => {
    it.each([
      ["right", 24_500, 25_250, 0],
      ["too early", 30_000, 31_000, (30_000 - 25_256) / 31_000],
      ["too late", 20_000, 20_500, (25_000 - 20_500) / 20_500],
    ])("%s", (_title, notReadyMs, readyMs, share) => {
      expect(follow([15, 50], [24, 94]).offBy(notReadyMs, readyMs)).toBeCloseTo(share, 3);
    });

    it("is unknown where nothing was foretold", () => {
      expect(follow([15, 50]).offBy(24_000, 25_000)).toBeUndefined();
    });
  });
});
