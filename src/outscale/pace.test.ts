import { describe, expect, it } from "vitest";
import { estimateReady, Pace } from "./pace.ts";
import { WAITS_KEPT, WaitHistory, waitKind } from "./wait-history.ts";

const polling = { min: 50, max: 15_000 };

/** Pseudo-random numbers between 0 and 1, the same every time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

interface Course {
  /** How far the service is at this time, in percent. */
  readonly percentAt?: (elapsedMs: number) => number;
}

/** Waits until something that is ready after `readyMs` is seen to be. Answers take no time. */
function simulate(history: WaitHistory, kind: string, readyMs: number, { percentAt }: Course = {}) {
  const pace = new Pace(history.of(kind), { polling, random: () => 0.5 });
  let elapsedMs = pace.firstMs();
  let looks = 1;
  for (; elapsedMs < readyMs; looks++) elapsedMs += pace.nextMs({ elapsedMs, percent: percentAt?.(elapsedMs) });
  pace.ready(elapsedMs);
  return { looks, waste: (elapsedMs - readyMs) / readyMs };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("a wait whose kind is known", () => {
  const services: readonly [string, (random: number) => number][] = [
    ["a volume that takes 4 s each time", () => 4_000],
    ["a snapshot that takes 25 s each time", () => 25_000],
    ["a link between 1.4 and 1.6 s", (random) => 1_400 + 200 * random],
    ["a snapshot between 24 and 27 s", (random) => 24_000 + 3_000 * random],
    ["a snapshot of ten minutes", () => 600_000],
  ];

  it.each(services)(
    "wastes two percent at most in the median, or the shortest pause, with few looks: %s",
    (_title, readyMs) => {
      const history = new WaitHistory();
      const random = numbers(1);
      const waits = Array.from({ length: 60 }, () => {
        const ready = readyMs(random());
        return { ...simulate(history, "thing.ready", ready), fixed: Math.floor(ready / polling.max) };
      }).slice(10);
      const shortest = polling.min / readyMs(0);
      expect(median(waits.map(({ waste }) => waste))).toBeLessThanOrEqual(Math.max(0.02, shortest));
      expect(mean(waits.map(({ looks, fixed }) => looks - fixed))).toBeLessThan(6);
    },
  );

  it.each([1 / 4, 1 / 2, 2, 4])("follows a service that now takes %d times as long", (factor) => {
    const history = new WaitHistory();
    for (let wait = 0; wait < 10; wait++) simulate(history, "thing.ready", 20_000);
    const after = Array.from({ length: 20 }, () => simulate(history, "thing.ready", 20_000 * factor));
    expect(Math.max(...after.slice(WAITS_KEPT).map(({ waste }) => waste))).toBeLessThanOrEqual(0.03);
  });

  it("is not expected to take longer and longer", () => {
    const history = new WaitHistory();
    for (let wait = 0; wait < 200; wait++) simulate(history, "thing.ready", 8_000);
    expect(Math.max(...history.of("thing.ready").expected)).toBeLessThanOrEqual(8_000 * 1.03);
  });
});

describe("a first wait", () => {
  it.each([20, 400, 3_000, 45_000, 900_000])("does not wait much longer than it must: %d ms", (readyMs) => {
    const { waste, looks } = simulate(new WaitHistory(), "volume.available", readyMs);
    expect(waste * readyMs).toBeLessThan(Math.max(polling.min, Math.min(polling.max, 0.51 * readyMs)) + 1);
    expect(looks).toBeLessThan(110);
  });

  it("goes by the progress that the service tells", () => {
    const percentAt = (elapsedMs: number) => Math.max(0, Math.floor(((elapsedMs - 5_000) / 115_000) * 100));
    const { waste, looks } = simulate(new WaitHistory(), "snapshot.completed", 120_000, { percentAt });
    expect(waste).toBeLessThan(0.03);
    expect(looks).toBeLessThan(25);
  });
});

describe("Pace", () => {
  it("trusts progress more than waits that were of another length", () => {
    const history = new WaitHistory({ "snapshot.completed": [20_000, 20_000] });
    const percentAt = (elapsedMs: number) => Math.floor((elapsedMs / 200_000) * 100);
    const { waste, looks } = simulate(history, "snapshot.completed", 200_000, { percentAt });
    expect(waste).toBeLessThan(0.03);
    expect(looks).toBeLessThan(35);
  });

  it("does not take the time in the queue for slow progress, and so learns how long it really is", () => {
    const history = new WaitHistory({ "snapshot.completed": [40, 23_200, 21_800] });
    const percentAt = (elapsedMs: number) => Math.max(0, Math.floor(((elapsedMs - 5_000) / 20_000) * 100));
    const waits = Array.from({ length: 4 }, () => simulate(history, "snapshot.completed", 25_000, { percentAt }));
    for (const { waste } of waits) expect(waste).toBeLessThan(0.05);
    expect(waits.at(-1)?.waste).toBeLessThan(0.02);
  });

  it("asks half as often after each refusal for too many requests", () => {
    const pace = new Pace(new WaitHistory().of("volume.available"), { polling, random: () => 0.5 });
    const normal = pace.nextMs({ elapsedMs: 1_000 });
    expect(pace.nextMs({ elapsedMs: 1_000, isThrottled: true })).toBe(2 * normal);
    expect(pace.nextMs({ elapsedMs: 1_000, isThrottled: true })).toBe(4 * normal);
    expect(pace.nextMs({ elapsedMs: 1_000 })).toBe(4 * normal);
  });

  it("stays within the option polling", () => {
    const narrow = { min: 700, max: 900 };
    for (const samples of [{}, { kind: [10] }, { kind: [90_000] }]) {
      const pace = new Pace(new WaitHistory(samples).of("kind"), { polling: narrow, random: Math.random });
      for (const elapsedMs of [0, 5, 100, 1_000, 89_999, 90_001, 500_000]) {
        const pause = pace.nextMs({ elapsedMs, percent: elapsedMs / 10_000 });
        expect(pause).toBeGreaterThanOrEqual(narrow.min);
        expect(pause).toBeLessThanOrEqual(narrow.max);
      }
    }
  });
});

describe("estimateReady()", () => {
  it.each([
    [900, 1_000, 950],
    [995, 1_000, 998],
    [undefined, 1_000, 750],
  ])("not ready at %s, ready at %s: %s", (notReadyMs, readyMs, expected) => {
    expect(estimateReady(notReadyMs, readyMs)).toBe(expected);
  });
});

describe("WaitHistory", () => {
  it("keeps the last waits of a kind, and tells what is new", () => {
    const history = new WaitHistory({ "volume.linked": [1, 2, 3] });
    for (let ms = 10; ms < 20; ms++) history.of("volume.linked").learn(ms);
    expect(history.of("volume.linked").expected).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
    expect(history.learnt).toEqual({ "volume.linked": [12, 13, 14, 15, 16, 17, 18, 19] });
  });

  it("guesses by other sizes, and knows that it guesses", () => {
    const history = new WaitHistory({ "snapshot.completed@8": [9_000] });
    expect(history.of("snapshot.completed@64")).toMatchObject({ expected: [9_000], isLearnt: false });
    expect(history.of("snapshot.completed@8")).toMatchObject({ expected: [9_000], isLearnt: true });
  });

  it.each([
    [undefined, "snapshot.completed"],
    [1, "snapshot.completed@1"],
    [9, "snapshot.completed@16"],
    [16, "snapshot.completed@16"],
  ])("calls %s GiB %s", (sizeGib, kind) => {
    expect(waitKind("snapshot", "completed", sizeGib)).toBe(kind);
  });
});
