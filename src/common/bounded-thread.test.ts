import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { withinBounds } from "./bounded-thread.ts";
import { CancelledError } from "./errors.ts";

const longestMs = 600_000;

describe("withinBounds()", () => {
  const workers: Worker[] = [];
  const start = (script: string) => {
    const worker = new Worker(`const { parentPort } = require("node:worker_threads"); ${script}`, { eval: true });
    workers.push(worker);
    return worker;
  };
  /** What never ends, and never hears that it should. */
  const startEndless = async () => {
    const worker = start('parentPort.postMessage("begun"); for (;;);');
    await once(worker, "message");
    return worker;
  };
  const never = new Promise<never>(() => undefined);

  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
  });

  it("gives the answer, and leaves the thread for the next", async () => {
    const worker = start('parentPort.on("message", (text) => parentPort.postMessage(text + "!"));');
    const ask = async (text: string) => {
      const answer = once(worker, "message").then(([got]) => got);
      worker.postMessage(text);
      return withinBounds(worker, answer, { longestMs });
    };
    expect([await ask("a"), await ask("b")]).toEqual(["a!", "b!"]);
  });

  it("passes a failure on", async () => {
    const failed = Promise.reject(new Error("no"));
    await expect(withinBounds(start(""), failed, { longestMs })).rejects.toThrow("no");
  });

  it("ends a busy thread when the user wants to stop", async () => {
    const worker = await startEndless();
    const exit = once(worker, "exit");
    const stop = new AbortController();
    const waits = withinBounds(worker, never, { signal: stop.signal, longestMs });
    stop.abort();
    await expect(waits).rejects.toThrow(CancelledError);
    await exit;
  });

  it("ends it, too, when that was wanted before", async () => {
    const worker = await startEndless();
    const exit = once(worker, "exit");
    await expect(withinBounds(worker, never, { signal: AbortSignal.abort(), longestMs })).rejects.toThrow(
      CancelledError,
    );
    await exit;
  });

  it("ends it when it takes longer than anything does that ends", async () => {
    const worker = await startEndless();
    const exit = once(worker, "exit");
    await expect(withinBounds(worker, never, { longestMs: 60 })).rejects.toThrow("given up after 0.001 minutes");
    await exit;
  });
});
