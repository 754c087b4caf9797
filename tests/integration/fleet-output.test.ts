import { afterAll, beforeAll, expect, it } from "vitest";
import { FollowedOutput } from "../../src/fleet/queue/followed-output.ts";
import type { OutputEntry } from "../../src/fleet/queue/messages.ts";
import { OutputNews } from "../../src/fleet/queue/output-news.ts";
import { OutputWriter } from "../../src/fleet/queue/output-writer.ts";
import { type OwnQueue, openOwnQueue } from "../support/fleet/own-queue.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("redis-server");

let own: OwnQueue;
beforeAll(async () => {
  own = await openOwnQueue();
});
afterAll(() => own[Symbol.asyncDispose]());

const begins = (worker: string): OutputEntry => ({ type: "begins", worker, host: "h", attempt: 1 });

function writerOf(id: string): OutputWriter {
  return new OutputWriter(own.queue, { id, attempt: 1 }, (message) => expect.unreachable(message));
}

/** All of a job until its end: the workers that it says it began on. */
async function toEnd(output: FollowedOutput): Promise<string[]> {
  const workers: string[] = [];
  for (;;) {
    const { entries, missing, refused } = await output.next(1_000);
    expect([missing, refused]).toEqual([0, []]);
    for (const entry of entries) {
      if (entry.type === "begins") workers.push(entry.worker);
      if (entry.type === "end") return workers;
    }
  }
}

describe("FollowedOutput", () => {
  it("has each job's own output as it comes, over one connection for all", async () => {
    using news = new OutputNews(own.queue);
    const ids = Array.from({ length: 20 }, (_, index) => `each-${index}`);
    const outputs = await Promise.all(ids.map((id) => FollowedOutput.open(own.queue, id, news)));
    const all = Promise.all(outputs.map(toEnd));
    await Promise.all(
      ids.map(async (id) => {
        const writer = writerOf(id);
        writer.write(begins(id));
        await writer.end({ type: "end" });
      }),
    );
    expect(await all).toEqual(ids.map((id) => [id]));
    expect(
      String(await own.redis.client("LIST", "TYPE", "PUBSUB"))
        .trim()
        .split("\n"),
    ).toHaveLength(1);
    for (const output of outputs) output[Symbol.dispose]();
    await expect.poll(() => own.redis.pubsub("CHANNELS", "*")).toEqual([]);
  });

  it("has all of an output that is long and was there before", async () => {
    for (let number = 0; number < 250; number++) {
      const sealed = own.queue.seal(JSON.stringify([begins(`w-${number}`)]), "output", "long", 1e9 + number);
      await own.redis.xadd(own.queue.keyOf("output", "long"), "*", "number", 1e9 + number, "sealed", sealed);
    }
    const sealed = own.queue.seal(JSON.stringify([{ type: "end" }]), "output", "long", 1e9 + 250);
    await own.redis.xadd(own.queue.keyOf("output", "long"), "*", "number", 1e9 + 250, "sealed", sealed);
    using news = new OutputNews(own.queue);
    using output = await FollowedOutput.open(own.queue, "long", news);
    expect(await toEnd(output)).toEqual(Array.from({ length: 250 }, (_, number) => `w-${number}`));
  });

  it("loses nothing when the connection that tells of news is lost", async () => {
    using news = new OutputNews(own.queue);
    using output = await FollowedOutput.open(own.queue, "cut", news);
    const all = toEnd(output);
    const writer = writerOf("cut");
    writer.write(begins("before"));
    await expect.poll(() => own.redis.xlen(own.queue.keyOf("output", "cut"))).toBe(1);
    await own.redis.client("KILL", "TYPE", "PUBSUB");
    writer.write(begins("after"));
    await writer.end({ type: "end" });
    expect(await all).toEqual(["before", "after"]);
  });

  it("comes back at once when it is told to look", async () => {
    using news = new OutputNews(own.queue);
    using output = await FollowedOutput.open(own.queue, "silent", news);
    await output.next(3_600_000);
    const looked = output.next(3_600_000);
    output.look();
    expect((await looked).entries).toEqual([]);
  });
});

describe("OutputWriter", () => {
  it("leaves nothing for ever, also when its build never ends", async () => {
    writerOf("endless").write(begins("w"));
    const key = own.queue.keyOf("output", "endless");
    await expect.poll(() => own.redis.ttl(key)).toBeGreaterThan(3_600);
  });
});
