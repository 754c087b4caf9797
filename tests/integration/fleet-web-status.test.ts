import { afterEach, beforeEach, expect, it } from "vitest";
import { FleetQueue } from "../../src/fleet/queue/fleet-queue.ts";
import type { SentResult } from "../../src/fleet/queue/messages.ts";
import { withdrawJob } from "../../src/fleet/queue/withdrawn-jobs.ts";
import { makeKeyText, parseKeys } from "../../src/fleet/seal/fleet-key.ts";
import { Sealer } from "../../src/fleet/seal/seal.ts";
import { type OwnQueue, openOwnQueue, plainJob } from "../support/fleet/own-queue.ts";
import { type OwnWeb, openOwnWeb } from "../support/fleet/own-web.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("redis-server");

const [WAITING, ENDED, FOREIGN, LOST, UNKNOWN, REFUSED, UNTOLD] = [
  "aa01",
  "aa02",
  "aa03",
  "aa04",
  "aa05",
  "aa06",
  "aa07",
];
let own: OwnQueue;
let web: OwnWeb;
let base: URL;
let cookie: string;

beforeEach(async () => {
  own = await openOwnQueue();
  for (const id of [WAITING, ENDED]) await own.queue.submit(plainJob({ id }));
  await withdrawJob(own.queue, ENDED);
  await using others = new FleetQueue(own.queue.place, own.redis, new Sealer(parseKeys(makeKeyText(), "x"), Date.now));
  await others.submit(plainJob({ id: FOREIGN }));
  await own.queue.keepResult(LOST, {
    ...{ outcome: "done", runId: "0123456789ab", worker: "w-0123456789ab", endedAt: 0, artifact: undefined },
    ...{ error: undefined, evidence: undefined, provenance: undefined, record: undefined },
  } satisfies SentResult);
  await own.queue.submit(plainJob({ id: REFUSED }));
  await refuse(REFUSED);
  await own.queue.submit(plainJob({ id: UNTOLD }));
  await withdrawJob(own.queue, UNTOLD);
  await own.redis.del(own.queue.keyOf("result", UNTOLD));
  web = await openOwnWeb(own);
  ({ base, cookie } = web);
});
afterEach(async () => {
  await web[Symbol.asyncDispose]();
  await own[Symbol.asyncDispose]();
});

/** As a worker does with a build that it would not take. */
async function refuse(id: string): Promise<void> {
  const job = await own.queue.jobs.getJob(id);
  await own.redis.set(own.queue.lockOf(id), "token");
  await own.redis.zrem(own.queue.jobs.toKey("prioritized"), id);
  await own.redis.lpush(own.queue.jobs.toKey("active"), id);
  await job?.moveToFailed(new Error("it is of another account"), "token", false);
}

async function ask(path: string, method = "GET") {
  const stop = new AbortController();
  const headers = { cookie };
  const answer = await fetch(new URL(path, base), { method, headers, redirect: "manual", signal: stop.signal });
  const { status } = answer;
  const isStream = answer.headers.get("content-type")?.startsWith("text/event-stream");
  const text = isStream ? "" : await answer.text();
  stop.abort();
  return { status, text, allow: answer.headers.get("allow") };
}

/** As a button of a page does it. */
async function press(path: string, fields: Readonly<Record<string, string>> = {}) {
  const [, token = ""] = /name="token" value="([^"]+)"/.exec((await ask(`/builds/${WAITING}`)).text) ?? [];
  const answer = await fetch(new URL(path, base), {
    ...{ method: "POST", redirect: "manual", body: new URLSearchParams({ token, ...fields }) },
    headers: { cookie, origin: base.origin },
  });
  const { status, headers } = answer;
  return { status, text: await answer.text(), allow: headers.get("allow"), location: headers.get("location") };
}

const queueName = "123456789012.eu-west-2";

describe("the status of an answer of fleet web", () => {
  it.each([
    ["/", 200],
    ["/events", 200],
    ["/builds", 200],
    ["/schedules", 200],
    [`/builds/${WAITING}`, 200],
    [`/builds/${ENDED}`, 200],
    [`/builds/${UNKNOWN}`, 404],
    [`/builds/${UNKNOWN}/events`, 404],
    ["/builds/no-id", 404],
    ["/nowhere", 404],
    // Sealed with a key that is not known here.
    [`/builds/${FOREIGN}`, 403],
    // The engine has lost it: there is what became of it, and no more.
    [`/builds/${LOST}`, 410],
  ])("is of %s %d", async (path, status) => {
    expect(await ask(path)).toMatchObject({ status });
  });

  it.each([
    [`/builds/${UNKNOWN}/cancel`, {}, 404],
    [`/builds/${UNKNOWN}/retry`, {}, 404],
    [`/builds/${ENDED}/cancel`, {}, 409],
    [`/builds/${REFUSED}/cancel`, {}, 409],
    [`/builds/${REFUSED}/retry`, {}, 303],
    [`/builds/${UNTOLD}/cancel`, {}, 409],
    [`/builds/${UNTOLD}/retry`, {}, 303],
    [`/builds/${WAITING}/retry`, {}, 409],
    [`/builds/${WAITING}/cancel`, {}, 303],
    ["/workers/w-0123456789ab/drain", {}, 404],
    ["/schedules/remove", { name: "nightly", queue: queueName }, 404],
    ["/schedules/remove", { name: "nightly", queue: "1.eu-west-2" }, 404],
    ["/schedules/remove", {}, 404],
    ["/nowhere", {}, 404],
  ])("is of a button to %s with %j %d", async (path, fields, status) => {
    expect(await press(path, fields)).toMatchObject({ status });
  });

  it("is 405 where an address is for something else", async () => {
    expect(await ask(`/builds/${WAITING}/cancel`)).toMatchObject({ status: 405, allow: "POST" });
    expect(await press(`/builds/${WAITING}`)).toMatchObject({ status: 405, allow: "GET, HEAD" });
    for (const path of ["/builds", "/nowhere"])
      expect(await ask(path, "PUT")).toMatchObject({ status: 405, allow: "GET, HEAD, POST" });
    expect(await ask("/builds", "HEAD")).toMatchObject({ status: 200 });
  });

  it("is that of one build, however often the button of a page to submit it again is pressed", async () => {
    const pressOf = async () => {
      const [, value = ""] = /name="press" value="([0-9a-f]{16})"/.exec((await ask(`/builds/${ENDED}`)).text) ?? [];
      return { press: value };
    };
    const fields = await pressOf();
    const ways = await Promise.all([1, 2].map(() => press(`/builds/${ENDED}/retry`, fields)));
    const { status, location } = await press(`/builds/${ENDED}/retry`, fields);
    expect([status, location]).toEqual([303, expect.stringMatching(/^\/builds\/b[0-9a-f]{15}\?said=retry$/)]);
    expect(ways.map((each) => each.location)).toEqual([location, location]);
    const [, , again = ""] = location?.split(/[/?]/) ?? [];
    // Whoever has taken it back does not want it anew by a press that came late.
    expect(await withdrawJob(own.queue, again)).toBe(true);
    expect(await press(`/builds/${ENDED}/retry`, fields)).toMatchObject({ status: 303, location });
    expect(await own.queue.jobs.getJobState(again)).toBe("unknown");
    // Another page is another wish.
    expect((await press(`/builds/${ENDED}/retry`, await pressOf())).location).not.toBe(location);
  });

  it("is 410 for a build that was seen, and that the queue has forgotten", async () => {
    expect(await ask(`/builds/${WAITING}`)).toMatchObject({ status: 200 });
    await own.redis.flushall();
    // The look at the queue is shared, and may be a second old.
    await expect
      .poll(() => ask(`/builds/${WAITING}`))
      .toMatchObject({ status: 410, text: expect.stringContaining("does not know this build any more") });
  });

  it("is 503 for what the queue answers that it cannot do, with its reason in a whole sentence", async () => {
    await own.redis.config("SET", "maxmemory", "1");
    const { status, text } = await press(`/builds/${WAITING}/cancel`);
    expect(status).toBe(503);
    expect(text).toMatch(
      /<h1>The queue answers that it cannot: OOM .*[^.]: what you asked for may have been done or not</,
    );
    await own.redis.config("SET", "maxmemory", "0");
    expect(await ask(`/builds/${WAITING}`)).toMatchObject({ status: 200 });
  });
});
