import { EventEmitter } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { ANSWERED } from "./queue-redis.ts";
import { Reach, UnreachableError } from "./reach.ts";
import { RefusalError } from "./refusal-error.ts";

const failureOf = (asked: Promise<unknown>) =>
  asked.then(
    () => undefined,
    (error: unknown) => error,
  );
const never = () => new Promise<never>(() => undefined);

describe("Reach", () => {
  it("asks nothing of a queue that is lost, says since when, and asks again when it is there", async () => {
    const redis = new EventEmitter();
    const reach = new Reach(redis as never);
    let asked = 0;
    const ask = () => reach.ask(async () => ++asked);
    expect(await ask()).toBe(1);
    const before = Date.now();
    redis.emit("close");
    const first = await failureOf(ask());
    redis.emit("close");
    const second = await failureOf(ask());
    expect(first).toBeInstanceOf(UnreachableError);
    expect(first).toMatchObject({ message: "The queue cannot be reached", wasAsked: false });
    expect((first as UnreachableError).since).toBeGreaterThanOrEqual(before);
    expect((second as UnreachableError).since).toBe((first as UnreachableError).since);
    expect(asked).toBe(1);
    redis.emit("ready");
    expect(await ask()).toBe(2);
  });

  it("does not wait for what was asked before it was lost", async () => {
    const redis = new EventEmitter();
    const asked = failureOf(new Reach(redis as never).ask(never));
    redis.emit("close");
    expect(await asked).toMatchObject({ wasAsked: true });
  });

  it("takes silence for a loss, since the first question without an answer", async () => {
    const reach = new Reach(new EventEmitter() as never, 1);
    const first = (await failureOf(reach.ask(never))) as UnreachableError;
    const second = (await failureOf(reach.ask(never))) as UnreachableError;
    expect([second.since, second.wasAsked]).toEqual([first.since, true]);
    expect(await reach.ask(async () => "there")).toBe("there");
  });

  it("has patience with a question of many commands, as long as each is answered", async () => {
    vi.useFakeTimers();
    try {
      const redis = new EventEmitter();
      const reach = new Reach(redis as never, 10_000);
      let answer: (value: string) => void = () => undefined;
      const long = reach.ask(() => new Promise<string>((resolve) => (answer = resolve)));
      for (let round = 0; round < 5; round++) {
        await vi.advanceTimersByTimeAsync(9_000);
        redis.emit(ANSWERED);
      }
      answer("there");
      expect(await long).toBe("there");
      const silent = failureOf(reach.ask(never));
      redis.emit(ANSWERED);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await silent).toBeInstanceOf(UnreachableError);
    } finally {
      vi.useRealTimers();
    }
  });

  it("passes on what is wrong with a question, and not that Redis refuses it", async () => {
    const reach = new Reach(new EventEmitter() as never);
    const bug = new TypeError("a bug");
    expect(await failureOf(reach.ask(() => Promise.reject(bug)))).toBe(bug);
    const refusal = new RefusalError("NOPERM no");
    expect(await failureOf(reach.ask(() => Promise.reject(refusal)))).toMatchObject({
      message: "The queue answers that it cannot: NOPERM no",
      wasAsked: true,
    });
  });
});
