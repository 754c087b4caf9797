import { afterAll, beforeAll, expect, it } from "vitest";
import type { Control } from "../../src/fleet/queue/fleet-queue.ts";
import { Controls } from "../../src/fleet/worker/controls.ts";
import { type OwnQueue, openOwnQueue } from "../support/fleet/own-queue.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("redis-server");

let own: OwnQueue;
beforeAll(async () => {
  own = await openOwnQueue();
});
afterAll(() => own[Symbol.asyncDispose]());

describe("Controls", () => {
  it("knows what was wished before it began, tells of what is wished then, and knows that too", async () => {
    await own.queue.tell("early", { wish: "cancel" });
    const refused: unknown[] = [];
    const controls = new Controls(own.queue, (error) => refused.push(error));
    await controls.catchUp();
    expect(controls.of("early")).toMatchObject([{ subject: "early", wish: "cancel" }]);
    expect(controls.of("late")).toEqual([]);

    const stop = new AbortController();
    const blocking = own.redis.duplicate();
    const told: Control[] = [];
    const both = new Promise<void>((resolve) => {
      void controls.listen(blocking, (control) => told.push(control) === 2 && resolve(), stop.signal);
    });
    await own.queue.tell("late", { wish: "cancel" });
    await own.redis.xadd(own.queue.keyOf("control"), "*", "for", "late", "sealed", "forged");
    await own.queue.tell("late", { wish: "hurry" });
    await both;
    stop.abort();
    blocking.disconnect();
    expect(told.map(({ subject, wish }) => `${subject}: ${wish}`)).toEqual(["late: cancel", "late: hurry"]);
    expect(controls.of("late")).toEqual(told);
    expect(refused).toHaveLength(1);
  });
});
