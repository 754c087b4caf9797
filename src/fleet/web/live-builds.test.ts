import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { plainJob } from "../../../tests/support/fleet/own-queue.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { RefusalError } from "../queue/refusal-error.ts";
import { LiveBuilds } from "./live-builds.ts";

const refusal = new RefusalError("BUSY Redis is busy running a script");

/** A queue with a build that has said two things, and what it answers first. */
function queueThatAnswers(answers: { readonly subscribe?: Error[]; readonly xrange?: Error[] }): FleetQueue {
  const { subscribe = [], xrange = [] } = answers;
  const said = [
    [{ type: "begins", worker: "w-1", host: "one", attempt: 1 }],
    [{ type: "note", text: "it goes on" }, { type: "end" }],
  ];
  const refuseOr = async <Value>(refusals: Error[], value: () => Value): Promise<Value> => {
    const refused = refusals.shift();
    if (refused !== undefined) throw refused;
    return value();
  };
  let number = 0;
  const connection = Object.assign(new EventEmitter(), {
    duplicate: () => connection,
    disconnect: () => undefined,
    unsubscribe: async () => undefined,
    subscribe: () => refuseOr(subscribe, () => undefined),
    xrange: () =>
      refuseOr(xrange, () => said.splice(0, 1).map((entries) => ["1-0", ["number", number++, "sealed", entries]])),
  });
  const keyOf = (kind: string) => kind;
  const openJson = (value: unknown) => ({ value });
  return { redis: connection, keyOf, openJson } as unknown as FleetQueue;
}

describe("LiveBuilds", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ["the news", { subscribe: [refusal, refusal] }],
    ["a piece", { xrange: [refusal, refusal] }],
  ])("goes on with a build when the queue has refused %s for a while, and says so once", async (_what, answers) => {
    const failures: string[] = [];
    using builds = new LiveBuilds((message) => failures.push(message));
    const build = builds.follow({ queue: queueThatAnswers(answers), job: plainJob({ id: "aa01" }) });
    // A page is not kept waiting.
    await build.caughtUp;
    expect(build.run.isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(build.run.isOver).toBe(true);
    expect(build.run.linesFrom(0).lines.map(({ text }) => text)).toEqual([
      "The worker w-1 on one has it",
      "it goes on",
    ]);
    expect(failures).toEqual([expect.stringMatching(/^Build aa01 cannot be followed: .*BUSY.*; it is tried again$/)]);
  });

  it("says nothing of a build that nobody looks at any more", async () => {
    const failures: string[] = [];
    const builds = new LiveBuilds((message) => failures.push(message));
    const xrange = Array.from({ length: 100 }, () => refusal);
    builds.follow({ queue: queueThatAnswers({ xrange }), job: plainJob({ id: "aa01" }) });
    await vi.advanceTimersByTimeAsync(5_000);
    builds[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(failures).toHaveLength(1);
    expect(xrange.length).toBeGreaterThan(90);
  });
});
