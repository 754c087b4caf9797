import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { hearWorker } from "../../src/fleet/queue/worker-list.ts";
import { type OwnQueue, openOwnQueue } from "../support/fleet/own-queue.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("redis-server");

let own: OwnQueue;
beforeAll(async () => {
  own = await openOwnQueue();
});
afterAll(() => own[Symbol.asyncDispose]());
beforeEach(() => own.redis.flushall());

const key = (kind: string) => own.queue.keyOf(kind);
const known = async () => (await own.redis.hkeys(key("workers"))).sort();

/** As if so many seconds had gone since anybody was heard, by the clock of Redis. */
async function pass(seconds: number): Promise<void> {
  await own.redis.hincrby(key("workers-clock"), "last", -seconds);
}

async function hear(...ids: readonly string[]): Promise<void> {
  for (const id of ids) await hearWorker(own.queue, id, "sealed");
}

describe("hearWorker()", () => {
  it("forgets those that were silent for a day in which others were heard, and nobody who speaks", async () => {
    await hear("w-dead", "w-live", "w-other");
    for (let minute = 0; minute <= 24 * 60; minute++) {
      await pass(60);
      await hear("w-live");
      if (minute < 24 * 60 - 10) expect(await own.redis.hexists(key("workers"), "w-dead"), `${minute}`).toBe(1);
      if (minute % 120 === 0) await hear("w-other");
    }
    expect(await known()).toEqual(["w-live", "w-other"]);
    expect(await own.redis.zcard(key("workers-heard"))).toBe(2);
  });

  it.each([
    ["when nobody was there for a month", 30 * 24 * 3_600],
    ["when the clock of Redis is put forward", 366 * 24 * 3_600],
    ["when it is put back", -366 * 24 * 3_600],
  ])("forgets nobody %s", async (_when, seconds) => {
    await hear("w-one", "w-two", "w-three");
    await pass(seconds);
    await hear("w-one");
    expect(await known()).toEqual(["w-one", "w-three", "w-two"]);
    await hear("w-three", "w-two");
    expect(await known()).toHaveLength(3);
  });

  it("forgets what an earlier version has left, or anybody else, a day later, and so many at once", async () => {
    const old = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`w-old-${index}`, "sealed"]));
    await own.redis.hset(key("workers"), old);
    await hear("w-live");
    for (let minute = 0; minute < 24 * 60; minute++) {
      await pass(60);
      await hear("w-live");
    }
    expect(await known()).toHaveLength(251);
    const left: number[] = [];
    for (let time = 0; time < 4; time++) {
      await pass(60);
      await hear("w-live");
      left.push((await known()).length);
    }
    expect(left).toEqual([151, 51, 1, 1]);
  });
});
