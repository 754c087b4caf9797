import { EventEmitter } from "node:events";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { plainJob } from "../../../tests/support/fleet/own-queue.ts";
import { systemClock } from "../../common/clock.ts";
import type { WebEnv } from "../../web/check-request.ts";
import { LiveStreams } from "../../web/live-stream.ts";
import { SharedLook } from "../../web/shared-look.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { UnreachableError } from "../queue/reach.ts";
import { addBuildRoutes } from "./build-routes.ts";
import type { FleetLook } from "./fleet-look.ts";
import type { FleetPages } from "./fleet-pages.ts";
import { LiveBuilds } from "./live-builds.ts";

const job = plainJob({ id: "aa01" });

/** A build that has said one thing and has ended, on a queue that can be lost. */
function fleetPages({ isLost = false } = {}) {
  const said = [[{ type: "note", text: "it went well" }, { type: "end" }]];
  const connection = Object.assign(new EventEmitter(), {
    duplicate: () => connection,
    disconnect: () => undefined,
    subscribe: async () => undefined,
    unsubscribe: async () => undefined,
    xrange: async () => said.splice(0).map((entries) => ["1-0", ["number", 0, "sealed", entries]]),
    get: async () => null,
  });
  const queue = {
    ...{ name: "1.eu-west-2", redis: connection, keyOf: (kind: string) => kind },
    openJson: (value: unknown) => ({ value }),
    readResult: async () => undefined,
    jobs: { getJobState: async () => "completed" },
  } as unknown as FleetQueue;
  const ask = async <Value>(read: () => Promise<Value>): Promise<Value> => {
    if (isLost) throw new UnreachableError("The queue cannot be reached", { since: 0, wasAsked: false });
    return read();
  };
  const failures: string[] = [];
  const nothing = { ...{ workers: [], queues: [], running: [], waiting: [], ended: [] } } as unknown as FleetLook;
  const look = new SharedLook(() => ask(async () => nothing), {
    ...{ everyMs: 10, clock: systemClock, isPassing: (error: unknown) => error instanceof UnreachableError },
  });
  const input = {
    ...{ look, builds: new LiveBuilds((message) => failures.push(message)) },
    fleet: { reach: { ask }, find: async () => ({ queue, job }) },
  };
  const lose = (value: boolean) => () => {
    isLost = value;
  };
  return { input: input as unknown as FleetPages, look, failures, lose };
}

/** The page's stream, until it has said each text in turn. */
async function listen(input: FleetPages, failures: string[], texts: readonly (readonly [string, () => void])[]) {
  const stop = new AbortController();
  const app = new Hono<WebEnv>();
  addBuildRoutes(app, new LiveStreams(stop.signal, (message) => failures.push(message)), input);
  const { status, body } = await app.request("/builds/aa01/events");
  let [text, next] = ["", 0];
  for await (const chunk of body ?? []) {
    text += Buffer.from(chunk).toString("utf8");
    for (let wanted = texts[next]; wanted !== undefined && text.includes(wanted[0]); wanted = texts[next]) {
      [text, next] = [text.slice(text.indexOf(wanted[0]) + wanted[0].length), next + 1];
      wanted[1]();
    }
    if (next === texts.length) stop.abort();
  }
  input.builds[Symbol.dispose]();
  return status;
}

const LOST = "<strong>The queue cannot be reached</strong> since";
const THERE = '"id":"stale","html":""';

describe("the stream of a build's page", () => {
  it("says that the queue is lost although nobody follows the build any more, and goes on when it is there", async () => {
    const { input, failures, lose } = fleetPages({ isLost: true });
    const status = await listen(input, failures, [
      [LOST, lose(false)],
      ["it went well", () => undefined],
    ]);
    expect([status, failures]).toEqual([200, []]);
  });

  it("says that the queue is lost after the build has ended, and when it is there again", async () => {
    const { input, look, failures, lose } = fleetPages();
    await look.now();
    const status = await listen(input, failures, [
      ["it went well", () => undefined],
      ['"id":"state"', lose(true)],
      [LOST, lose(false)],
      [THERE, () => undefined],
    ]);
    expect([status, failures]).toEqual([200, []]);
  });
});
