import { describe, expect, it } from "vitest";
import type { Clock } from "../common/clock.ts";
import { SharedLook } from "./shared-look.ts";

/** A clock on which every sleep is over at once. */
function quickClock(): Clock {
  let now = 0;
  const sleep = async (ms: number) => {
    now += ms;
  };
  return { now: () => now, sleep };
}

describe("SharedLook", () => {
  it("looks once for all who ask at a time, and again when that is old", async () => {
    const clock = quickClock();
    let looks = 0;
    const look = new SharedLook(async () => ++looks, { everyMs: 1_000, clock });
    expect(await Promise.all([look.now(), look.now()])).toEqual([1, 1]);
    expect(await look.now()).toBe(1);
    await clock.sleep(1_000);
    expect(await look.now()).toBe(2);
  });

  it("looks again at once when somebody has done something", async () => {
    let looks = 0;
    const look = new SharedLook(async () => ++looks, { everyMs: 1_000, clock: quickClock() });
    await look.now();
    look.forget();
    expect(await look.now()).toBe(2);
  });

  it("asks nothing again that has not answered yet", async () => {
    let looks = 0;
    const clock = quickClock();
    const look = new SharedLook(() => (looks++ === 0 ? new Promise<number>(() => undefined) : Promise.resolve(1)), {
      everyMs: 1,
      clock,
    });
    void look.now();
    await clock.sleep(5_000);
    void look.now();
    expect(looks).toBe(1);
  });

  it("is followed until the signal fires", async () => {
    const stop = new AbortController();
    const look = new SharedLook(async () => "there", { everyMs: 1_000, clock: quickClock() });
    const seen: string[] = [];
    for await (const each of look.follow(stop.signal)) if (seen.push(each.value) === 3) stop.abort();
    expect(seen).toEqual(["there", "there", "there"]);
  });

  it("shows what was seen before a failure that passes, with the times of both, and goes on after it", async () => {
    const clock = quickClock();
    let problem: Error | undefined;
    const read = async () => {
      if (problem !== undefined) throw problem;
      return clock.now();
    };
    const isPassing = (error: unknown) => error instanceof RangeError;
    const look = new SharedLook(read, { everyMs: 1_000, clock, isPassing });
    problem = new RangeError("lost");
    await expect(look.seen()).rejects.toThrow("lost");
    problem = undefined;
    await clock.sleep(1_000);
    expect(await look.seen()).toEqual({ value: 1_000, at: 1_000, failure: undefined });
    problem = new RangeError("lost");
    await clock.sleep(1_000);
    await look.seen();
    await clock.sleep(1_000);
    expect(await look.seen()).toEqual({ value: 1_000, at: 1_000, failure: { error: problem, since: 2_000 } });
    problem = new TypeError("a bug");
    await clock.sleep(1_000);
    await expect(look.seen()).rejects.toThrow("a bug");
    problem = undefined;
    await clock.sleep(1_000);
    expect(await look.seen()).toEqual({ value: 5_000, at: 5_000, failure: undefined });
  });
});
