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
    expect(waste).toBeLessThan(0.01);
    expect(looks).toBeLessThan(0.9 * simulate(new WaitHistory(), "snapshot.completed", 120_000).looks);
  });
});

describe("Pace", () => {
  it("trusts progress more than waits that were of another length", () => {
    const samples = { "snapshot.completed": [20_000, 20_000], "progress:snapshot.completed": [0, 3] };
    const history = new WaitHistory(samples);
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

  const evenly = (readyMs: number) => (elapsedMs: number) =>
    Math.min(99, Math.max(0, Math.floor(((elapsedMs - 5_000) / (readyMs - 5_000)) * 100)));

  it("goes by the progress once it has foretold the end of two waits, whatever their lengths", () => {
    const history = new WaitHistory();
    const random = numbers(7);
    const waits = Array.from({ length: 40 }, () => {
      const ready = 20_000 + 10_000 * random();
      return simulate(history, "snapshot.completed@16", ready, { percentAt: evenly(ready) });
    }).slice(3);
    expect(median(waits.map(({ waste }) => waste))).toBeLessThan(0.01);
    expect(mean(waits.map(({ looks }) => looks))).toBeLessThan(5);
    expect(history.of("snapshot.completed@64").isProgressTrusted).toBe(true);
  });

  const lies: readonly [string, (share: number) => number][] = [
    ["stands still", () => 0],
    ["is at 99 percent early", (share) => (share < 0.3 ? Math.floor(100 * share) : 99)],
    ["is far from its end when it ends", (share) => Math.floor(80 * share)],
    ["stops at 95 percent", (share) => Math.min(95, Math.floor(150 * share))],
    ["slows down", (share) => Math.floor(100 * (1 - Math.exp(-3 * share)))],
    ["speeds up", (share) => Math.floor(100 * share ** 2)],
    ["goes in steps", (share) => Math.min(75, 25 * Math.floor(4 * share))],
  ];
  it.each(lies)("loses nothing by a progress that %s", (_title, percentOf) => {
    const runAll = (isTold: boolean) => {
      const waits = Array.from({ length: 20 }, (_, seed) => {
        const history = new WaitHistory();
        const random = numbers(seed + 1);
        return Array.from({ length: 30 }, () => {
          const ready = 20_000 + 10_000 * random();
          const percentAt = (elapsedMs: number) => percentOf(elapsedMs / ready);
          return simulate(history, "snapshot.completed@16", ready, isTold ? { percentAt } : {});
        });
      }).flat();
      return { waste: mean(waits.map(({ waste }) => waste)), looks: mean(waits.map(({ looks }) => looks)) };
    };
    const [told, untold] = [runAll(true), runAll(false)];
    expect(told.waste).toBeLessThan(untold.waste * 1.05);
    expect(told.looks).toBeLessThan(untold.looks * 1.05);
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
  it.each([
    [[], false],
    [[0], false],
    [[0, 7], true],
    [[0, 7, 12], false],
    [[500, 0, 0, 0, 0, 0, 0, 0], false],
  ])("trusts the progress of waits whose forecasts were off by %j thousandths: %s", (samples, isTrusted) => {
    const history = new WaitHistory({ "snapshot.completed@8": [9_000], "progress:snapshot.completed@8": samples });
    expect(history.of("snapshot.completed@8").isProgressTrusted).toBe(isTrusted);
    expect(history.of("snapshot.completed@64").isProgressTrusted).toBe(isTrusted);
  });

  it("trusts progress again when its last failure is eight waits ago", () => {
    const history = new WaitHistory({ "progress:snapshot.completed@8": [0, 0] });
    const kind = () => history.of("snapshot.completed@8");
    kind().learnProgress(0.3);
    expect(kind().isProgressTrusted).toBe(false);
    for (let wait = 0; wait < WAITS_KEPT; wait++) kind().learnProgress(0.001);
    expect(kind().isProgressTrusted).toBe(true);
  });

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
