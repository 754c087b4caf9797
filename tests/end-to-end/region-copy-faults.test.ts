import { afterAll, beforeAll, expect, it } from "vitest";
import type { CopyOmiInput } from "../../src/bake/omis/copy-omi.ts";
import { CancelledError, ChrootError, messageOf } from "../../src/common/errors.ts";
import type { DebugLog, LogEntry } from "../../src/common/log.ts";
import type { Fault } from "../../src/local-cloud/faults.ts";
import type { TransitionName } from "../../src/local-cloud/states/transitions.ts";
import { CopyBench, EAST, HOME, nothingThere } from "../support/bake/copy-bench.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { isWholeSweep, sample } from "../support/suite/sample.ts";

const describe = requireRoot();
const METHODS = ["image", "snapshots"] as const;

/** A fault in one of the regions. */
interface Point {
  readonly region: string;
  readonly method: (typeof METHODS)[number];
  /** Undefined when the test sees to it. */
  readonly fault?: Fault;
}

describe("omi copy on clouds that fail", () => {
  let bench: CopyBench;
  let home: unknown;
  const called = new Map<string, readonly string[]>();
  beforeAll(async () => {
    bench = await CopyBench.open("region-copy-faults");
    await bench.register({ ImageName: "web" });
    home = await bench.left(HOME);
    for (const method of METHODS) {
      const starts = [HOME, EAST].map((region) => bench.region(region).requests.length);
      await bench.copy({ method });
      for (const [index, region] of [HOME, EAST].entries()) {
        const { requests } = bench.region(region);
        called.set(
          `${method} ${region}`,
          requests.slice(starts[index]).map(({ action }) => action),
        );
      }
      await bench.clear();
    }
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  /** Copies with a fault armed: whatever comes of it, the copy is whole, or there is nothing of it anywhere. */
  async function copyWith({ region, method, fault }: Point, more: Partial<CopyOmiInput> = {}): Promise<string> {
    const how = `${JSON.stringify(fault)} in ${region}, by ${method}`;
    if (fault !== undefined) bench.region(region).faults.add(fault);
    let outcome: string;
    try {
      const { copied } = await bench.copy({ method, clock: hastyClock(), ...more });
      outcome = copied.copies.map((copy) => ("error" in copy ? messageOf(copy.error) : "copied")).join("; ");
    } catch (error) {
      if (!(error instanceof ChrootError)) throw error;
      outcome = messageOf(error);
    }
    bench.clearFaults();
    await bench.idle();
    await bench.cleanUp();
    expect(await bench.journals(), how).toEqual([]);
    expect(await bench.left(HOME), how).toEqual(home);
    const there = outcome === "copied" ? { images: ["web"], snapshots: { length: 1 } } : nothingThere;
    expect(await bench.left(EAST), `${how}: ${outcome}`).toMatchObject(there);
    await bench.clear();
    return outcome;
  }

  /** Every call of every kind, once each. */
  function callFaults(
    kinds: readonly ("throttled" | "internal-error" | "drop-before" | "drop-after")[],
  ): readonly Point[] {
    return METHODS.flatMap((method) =>
      [HOME, EAST].flatMap((region) => {
        const calls = called.get(`${method} ${region}`) ?? [];
        return kinds.flatMap((kind) =>
          calls.map((action, index): Point => {
            const skip = calls.slice(0, index).filter((before) => before === action).length;
            return { region, method, fault: { kind, action, skip, times: 1 } };
          }),
        );
      }),
    );
  }

  it("goes on after one call that failed, whichever it is and however", async () => {
    const points = callFaults(["throttled", "internal-error", "drop-before", "drop-after"]);
    expect(points.length).toBeGreaterThan(100);
    for (const point of sample(points, 10)) expect(await copyWith(point), JSON.stringify(point)).toBe("copied");
  });

  it("takes back what a call that never works keeps from being whole", async () => {
    const points = METHODS.flatMap((method) =>
      [HOME, EAST].flatMap((region) => {
        const made = [...new Set(called.get(`${method} ${region}`))].filter((action) =>
          /^(Create|Update)/.test(action),
        );
        return made.map(
          (action): Point => ({ region, method, fault: { kind: "internal-error", action, times: 1_000 } }),
        );
      }),
    );
    for (const point of sample(points, 4)) {
      const outcome = await copyWith(point);
      // An account that may not tag gets a warning; all else fails.
      if (!JSON.stringify(point.fault).includes("CreateTags")) expect(outcome).toContain("failed");
    }
  });

  const transitions: readonly [string, "image" | "snapshots", TransitionName][] = [
    [HOME, "image", "image-export.pending"],
    [HOME, "snapshots", "snapshot-export.active"],
    [EAST, "image", "image.pending"],
    [EAST, "image", "snapshot.importing"],
    [EAST, "snapshots", "snapshot.importing"],
  ];

  it.each(transitions)(
    "says why, and leaves nothing, when in %s by %s %s fails",
    async (region, method, transition) => {
      const outcome = await copyWith({ region, method, fault: { kind: "fail", transition } });
      expect(outcome).toMatch(/its state is "(failed|error)"|does not exist/);
    },
  );

  /** An export that is stuck is waited for, a minute at least: that is for the whole sweep. */
  const stuck = transitions.filter(([region]) => isWholeSweep || region !== HOME);

  it.each(stuck)(
    "takes everything back when it is cancelled while in %s by %s %s is stuck",
    async (region, method, transition) => {
      const stop = new AbortController();
      const hurry = new AbortController();
      let waits = 0;
      let isStuck = false;
      const onProgress = (subject: string) => {
        if (!subject.startsWith(region === HOME ? "the export" : "the import")) return;
        waits += 1;
        if (waits !== 4) return;
        isStuck = bench.region(region).faults.list().length === 0;
        stop.abort(new CancelledError("Stopped"));
        // What is stuck cannot be waited for: the second wish ends that, and cleanup goes on when it is over.
        hurry.abort();
      };
      const point: Point = { region, method, fault: { kind: "stuck", transition } };
      expect(await copyWith(point, { signal: stop.signal, hurry: hurry.signal, onProgress })).toBe("Stopped");
      expect(isStuck).toBe(true);
    },
  );

  it("takes back what the service could not read any more, since the URL has expired", async () => {
    let isLate = false;
    const log: DebugLog = {
      write: (entry: LogEntry) => {
        // The objects are listed when the export is over, and right after that the URL is signed.
        if (isLate || entry.kind !== "api" || entry.action !== "ListObjectsV2") return;
        isLate = true;
        bench.region(HOME).faults.add({ kind: "skewed-clock", ms: 8 * 24 * 3_600_000 });
      },
    };
    const outcome = await copyWith({ region: HOME, method: "image" }, { log });
    expect(outcome).toMatch(/expired/);
  });

  it("signs with the service's time where this machine's clock is wrong", async () => {
    const fault: Fault = { kind: "skewed-clock", ms: 3_600_000 };
    for (const region of [HOME, EAST]) expect(await copyWith({ region, method: "image", fault })).toBe("copied");
  });
});
