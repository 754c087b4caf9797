import { Worker } from "bullmq";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { KEY_PREFIX } from "../../src/fleet/queue/place.ts";
import { beginTurn, type Priority } from "../../src/fleet/queue/turns.ts";
import { type OwnQueue, openOwnQueue, plainJob } from "../support/fleet/own-queue.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("redis-server");

let own: OwnQueue;
beforeAll(async () => {
  own = await openOwnQueue();
});
beforeEach(async () => {
  await own.redis.flushall();
});
afterAll(async () => {
  await own[Symbol.asyncDispose]();
});

/** Submits builds of a group, called `a1`, `a2` and so on. */
async function submit(group: string, count: number, priority: Priority = "normal", first = 1): Promise<void> {
  for (let number = first; number < first + count; number++)
    await own.queue.submit(plainJob({ id: `${group}${number}`, standing: { group, priority } }));
}

/** Does as a worker with one slot: takes builds until so many are done. @returns their names, in the order of their begin */
async function work(count: number): Promise<string> {
  const begun: string[] = [];
  const worker = new Worker(
    own.queue.name,
    async (job) => {
      await beginTurn(own.queue, job.priority);
      begun.push(job.id ?? "");
      // What comes after the last one is left where it is.
      if (begun.length === count) void worker.close();
    },
    { connection: own.redis, prefix: KEY_PREFIX, concurrency: 1 },
  );
  await new Promise<void>((resolve) => worker.on("closed", () => resolve()));
  return begun.join(" ");
}

describe("the order of builds", () => {
  it("is that of their submission within a group", async () => {
    await submit("a", 12);
    expect(await work(12)).toBe("a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12");
  });

  it("is in turns between groups, whoever has submitted how many", async () => {
    await submit("a", 200);
    await submit("b", 3);
    await submit("c", 2);
    expect(await work(11)).toBe("a1 b1 c1 a2 b2 c2 a3 b3 a4 a5 a6");
  });

  it("gives no credit for having been away, and none to who keeps submitting", async () => {
    await submit("a", 20);
    expect(await work(10)).toBe("a1 a2 a3 a4 a5 a6 a7 a8 a9 a10");
    await submit("b", 20);
    expect(await work(4)).toBe("a11 b1 a12 b2");
    await submit("a", 5, "normal", 21);
    expect(await work(4)).toBe("a13 b3 a14 b4");
  });

  it("has four of high priority for one of normal, and starves none", async () => {
    await submit("n", 3);
    await submit("l", 1, "low");
    await submit("h", 12, "high");
    expect(await work(16)).toBe("h1 h2 h3 n1 h4 h5 h6 h7 n2 h8 h9 h10 h11 n3 h12 l1");
  });

  it("has one of high priority before all that its own group has submitted", async () => {
    await submit("a", 50);
    expect(await work(2)).toBe("a1 a2");
    await own.queue.submit(plainJob({ id: "soon", standing: { group: "a", priority: "high" } }));
    expect(await work(2)).toBe("soon a3");
  });

  it("has builds without a group as one of the groups", async () => {
    for (const id of ["x1", "x2", "x3"]) await own.queue.submit(plainJob({ id }));
    await submit("a", 2);
    expect(await work(5)).toBe("x1 a1 x2 a2 x3");
  });

  it("begins anew when nothing waits, and has an end for its numbers", async () => {
    await submit("a", 30);
    await work(30);
    await submit("b", 1);
    expect((await own.queue.jobs.getJob("b1"))?.priority).toBe(4);
    await own.redis.hset(own.queue.keyOf("turns"), "now", 2 ** 40);
    await submit("c", 2);
    expect((await own.queue.jobs.getJob("c2"))?.priority).toBe(2 ** 21 - 1);
    expect(await work(3)).toBe("b1 c1 c2");
  });
});
