import { expect } from "vitest";
import type { SweepCount } from "../suite/sweep-count.ts";
import type { HeldCalls } from "./held-calls.ts";

/** How copies for other regions are made. */
export interface CopyWay {
  readonly regions: readonly string[];
  readonly method: "image" | "snapshots";
  readonly bucket: string;
}

/** One call at which a build or a copy is cancelled. */
export interface CancelPoint extends CopyWay {
  readonly call: string;
  /** By a second wish at the next call. */
  readonly isHurried: boolean;
}

/** What a way that goes well asks for, call by call. */
type CallsOf = (way: CopyWay) => Promise<readonly string[]>;

function atEach(way: CopyWay, calls: readonly string[]): CancelPoint[] {
  return calls.flatMap((call) => [false, true].map((isHurried): CancelPoint => ({ ...way, call, isHurried })));
}

/** Every call of copies into one region and into several, by each method. */
export async function pointsOfCopies(
  { regions, bucket }: Pick<CopyWay, "regions" | "bucket">,
  callsOf: CallsOf,
): Promise<readonly CancelPoint[]> {
  const points: CancelPoint[] = [];
  for (const some of [regions.slice(0, 1), regions]) {
    for (const method of ["image", "snapshots"] as const) {
      const way = { regions: some, method, bucket };
      points.push(...atEach(way, await callsOf(way)));
    }
  }
  return points;
}

/** Every request to a bucket. */
export async function pointsAtBucket(way: CopyWay, callsOf: CallsOf): Promise<readonly CancelPoint[]> {
  return atEach(
    way,
    (await callsOf(way)).filter((call) => / (bucket|object) /.test(call)),
  );
}

interface PointSweep {
  readonly count: SweepCount;
  readonly doors: HeldCalls;
  readonly tryAt: (point: CancelPoint) => Promise<void>;
  /** What one try has left is not what the next has. */
  readonly clear: (isBroken: boolean) => Promise<void>;
}

/** Cancels at each point: the rule holds at all of them. */
export async function sweepPoints(
  points: readonly CancelPoint[],
  { count, doors, tryAt, clear }: PointSweep,
): Promise<void> {
  // How often a state is asked for varies; what changes something does not.
  const due = points.filter(({ call }) => !call.startsWith("Read"));
  const came: CancelPoint[] = [];
  for (const point of points) {
    const broke = count.broke.length;
    await count.try(JSON.stringify(point), () => tryAt(point));
    if (!doors.isWaiting) came.push(point);
    await clear(count.broke.length > broke);
  }
  expect(count.broke).toEqual([]);
  expect(due.filter((point) => !came.includes(point))).toEqual([]);
}
