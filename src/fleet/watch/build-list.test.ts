import { describe, expect, it } from "vitest";
import { plainJob } from "../../../tests/support/fleet/own-queue.ts";
import { countRoundTrips } from "../../../tests/support/fleet/round-trips.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { RefusalError } from "../queue/refusal-error.ts";
import { SealError } from "../seal/seal.ts";
import { BuildList, MOST_LISTED } from "./build-list.ts";

/** A queue with so many builds in each state. */
function queueWith(size: number) {
  const trips = countRoundTrips();
  const idsOf = (state: string) => Array.from({ length: size }, (_, index) => `${state}-${index}`);
  const result = { outcome: "done", worker: "w-1", endedAt: 1, artifact: undefined, error: undefined };
  const isOver = (id: string) => /^(completed|failed|withdrawn)/.test(id);
  const queue = {
    name: "1.eu",
    keyOf: (kind: string, id: string) => `${kind} ${id}`,
    readWorkers: () => trips.answer([]),
    readResult: (id: string) => trips.answer(isOver(id) ? result : undefined),
    readJob: (id: string) => ({ job: plainJob({ id }) }),
    jobs: {
      getJobCounts: (...states: readonly string[]) =>
        trips.answer(Object.fromEntries(states.map((state) => [state, size]))),
      getJobSchedulersCount: () => trips.answer(0),
      getRanges: ([state]: readonly string[], _start: number, end: number) =>
        trips.answer(idsOf(state ?? "").slice(0, end + 1)),
      getJob: (id: string) => trips.answer(id.startsWith("withdrawn") ? undefined : { data: {} }),
    },
    redis: {
      get: (key: string) => trips.answer(key.startsWith("begun") ? "1" : null),
      hget: () => trips.answer("sealed"),
      hkeys: () => trips.answer(idsOf("withdrawn")),
      zrevrange: () => trips.answer(["forgotten", ...idsOf("withdrawn"), ...idsOf("completed")]),
    },
  };
  return { queue: queue as unknown as FleetQueue, trips };
}

describe("BuildList.read()", () => {
  it("waits for as many round trips, however many builds there are", async () => {
    const [few, many] = [queueWith(2), queueWith(MOST_LISTED)];
    const none = { running: 0, waiting: 0, ended: 0 };
    expect(await new BuildList(few.queue).read()).toMatchObject({ builds: { length: 14 }, more: none });
    expect(await new BuildList(many.queue).read()).toMatchObject({ builds: { length: 7 * MOST_LISTED }, more: none });
    expect(many.trips.count()).toBe(few.trips.count());
  });

  it("lists so many in each state and no more, and counts the others", async () => {
    const { builds: found, more } = await new BuildList(queueWith(MOST_LISTED + 50).queue).read();
    for (const state of ["active", "delayed", "completed", "withdrawn"])
      expect(found.filter(({ id }) => id.startsWith(`${state}-`))).toHaveLength(MOST_LISTED);
    expect(found.map(({ id }) => id)).toContain("withdrawn-0");
    expect(more).toEqual({ running: 50, waiting: 150, ended: 150 });
  });

  it("leaves out what another key has sealed, and nothing because the queue refuses to say what it is", async () => {
    const foreign = queueWith(1).queue;
    foreign.readJob = () => {
      throw new SealError("of another key");
    };
    expect(await new BuildList(foreign).read()).toMatchObject({ builds: [] });
    const busy = queueWith(1).queue;
    busy.readResult = () => Promise.reject(new RefusalError("BUSY Redis is busy"));
    await expect(new BuildList(busy).read()).rejects.toThrow("BUSY");
  });
});
