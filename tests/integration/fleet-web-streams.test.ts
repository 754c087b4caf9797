import { afterEach, beforeEach, expect, it } from "vitest";
import type { OutputEntry } from "../../src/fleet/queue/messages.ts";
import { NUMBERS_PER_ATTEMPT } from "../../src/fleet/queue/output-writer.ts";
import { type OwnQueue, openOwnQueue, plainJob } from "../support/fleet/own-queue.ts";
import { type OwnWeb, openOwnWeb } from "../support/fleet/own-web.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("redis-server");

const ID = "aa01";
const LINES = 250;
let own: OwnQueue;
let web: OwnWeb;
let base: URL;
let cookie: string;

beforeEach(async () => {
  own = await openOwnQueue();
  await own.queue.submit(plainJob({ id: ID }));
  for (let number = 0; number < LINES; number++) await say(number);
  web = await openOwnWeb(own);
  ({ base, cookie } = web);
});
afterEach(async () => {
  await web[Symbol.asyncDispose]();
  await own[Symbol.asyncDispose]();
});

/** The build says a line, in a piece of its own. */
async function say(line: number): Promise<void> {
  const number = NUMBERS_PER_ATTEMPT + line;
  const entry: OutputEntry = { type: "note", text: `line ${line}.` };
  const sealed = own.queue.seal(JSON.stringify([entry]), "output", ID, number);
  const key = own.queue.keyOf("output", ID);
  await own.redis.xadd(key, "*", "number", number, "sealed", sealed);
  await own.redis.publish(key, "");
}

describe("the stream of a build's page", () => {
  it("tells a page of no line that it has, when the build is read from its beginning for it", async () => {
    const stop = new AbortController();
    // As a page that was hidden, of a build that nobody else has looked at meanwhile.
    const url = new URL(`/builds/${ID}/events?after=${LINES - 10}`, base);
    const { body } = await fetch(url, { headers: { cookie }, signal: stop.signal });
    let text = "";
    let isAsked = false;
    for await (const chunk of body ?? []) {
      text += Buffer.from(chunk).toString("utf8");
      if (!isAsked && text.includes(`line ${LINES - 1}.`)) {
        isAsked = true;
        await say(LINES);
      }
      if (text.includes(`line ${LINES}.`)) break;
    }
    stop.abort();
    const items = [...text.matchAll(/^event: items\nid: (\d+)\ndata: (.*)$/gm)];
    expect(items.map(([, , data = "{}"]) => JSON.parse(data).from)).toEqual([LINES - 10, LINES]);
    expect(items.map(([, id]) => Number(id))).toEqual([LINES, LINES + 1]);
  });
});
