import { describe, expect, it } from "vitest";
import { makeKeyText, parseKeys } from "../seal/fleet-key.ts";
import { type Purpose, Sealer } from "../seal/seal.ts";
import { beginAttempt, countAttempts } from "./attempts.ts";
import type { FleetQueue } from "./fleet-queue.ts";

/** A queue in which so many attempts have failed. */
function queueWith(failed: number) {
  const sealer = new Sealer(parseKeys(makeKeyText(), "a test"), Date.now);
  const stored = new Map<string, string>();
  const redis = {
    llen: async () => failed,
    get: async (key: string) => stored.get(key) ?? null,
    set: async (key: string, value: string) => stored.set(key, value),
  };
  const about = (purpose: Purpose, subject: string) => ({ purpose, queue: "q", subject });
  const queue = {
    redis,
    keyOf: (kind: string, subject: string) => `${kind}:${subject}`,
    seal: (text: string, purpose: Purpose, subject: string) => sealer.seal(text, about(purpose, subject)),
    open: (sealed: string, purpose: Purpose, subject: string) => sealer.open(sealed, about(purpose, subject)),
  } as unknown as FleetQueue;
  return { queue, stored };
}

describe("beginAttempt()", () => {
  it.each([
    [0, 1],
    [1, 2],
    [2, 3],
    [5_000_000, 3],
  ])("with %s failures in the queue, of three attempts, begins number %s", async (failed, attempt) => {
    const { queue } = queueWith(failed);
    expect(await beginAttempt(queue, "aa", 3)).toBe(attempt);
    expect(await countAttempts(queue, "aa")).toBe(attempt);
  });
});

describe("countAttempts()", () => {
  it.each(["7", "1e300", "-1", "", "<b>many</b>"])("takes %j, which has no seal, for none", async (text) => {
    const { queue, stored } = queueWith(0);
    await beginAttempt(queue, "aa", 3);
    for (const key of stored.keys()) stored.set(key, text);
    expect(await countAttempts(queue, "aa")).toBe(0);
  });

  it("takes what was sealed of another job for none", async () => {
    const { queue, stored } = queueWith(2);
    await beginAttempt(queue, "aa", 3);
    stored.set("begun:bb", stored.get("begun:aa") ?? "");
    expect(await countAttempts(queue, "bb")).toBe(0);
  });
});
