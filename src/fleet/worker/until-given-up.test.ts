import { describe, expect, it } from "vitest";
import { FakeClock } from "../../../tests/support/outscale/fake-clock.ts";
import { type Farewell, untilGivenUp } from "./until-given-up.ts";

/** @param parts By the seconds that have gone */
async function giveUp(parts: {
  readonly isReached?: (seconds: number) => boolean;
  readonly isAtWork?: (seconds: number) => boolean;
  readonly isWorthWaiting?: (seconds: number) => boolean;
  readonly endsAt?: number;
}): Promise<{ readonly isGivenUp: boolean; readonly seconds: number }> {
  const { isReached = () => false, isAtWork = () => false, isWorthWaiting = () => true, endsAt = 10_000 } = parts;
  const clock = new FakeClock();
  const startedAt = clock.now();
  const seconds = () => (clock.now() - startedAt) / 1_000;
  const end = new AbortController();
  const farewell: Farewell = {
    isReached: () => {
      if (seconds() >= endsAt) end.abort();
      return isReached(seconds());
    },
    isAtWork: () => isAtWork(seconds()),
    isWorthWaiting: () => isWorthWaiting(seconds()),
    ...{ clock, signal: end.signal },
  };
  return { isGivenUp: await clock.run(untilGivenUp(farewell)), seconds: seconds() };
}

describe("untilGivenUp()", () => {
  it.each([
    ["a minute when something depends on it", {}, 60],
    ["10 s when nothing does", { isWorthWaiting: () => false }, 10],
    ["10 s from the moment at which nothing does", { isWorthWaiting: (seconds: number) => seconds < 30 }, 30],
    ["from the end of the work", { isAtWork: (seconds: number) => seconds < 900 }, 960],
    [
      "from the last time that it was reached",
      { isReached: (seconds: number) => seconds < 5 || seconds === 50 },
      110.5,
    ],
  ])("waits %s", async (_what, parts, seconds) => {
    expect(await giveUp(parts)).toEqual({ isGivenUp: true, seconds });
  });

  it("gives up nothing while the queue is reached", async () => {
    expect(await giveUp({ isReached: () => true, endsAt: 500 })).toEqual({ isGivenUp: false, seconds: 500 });
  });
});
