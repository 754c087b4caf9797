import { describe, expect, it } from "vitest";
import { runHeader } from "../../../tests/support/builder/run-context.ts";
import { JOURNAL_FORMAT, type JournalEntry } from "../../builder/journal/entry.ts";
import { makeKeyText, parseKeys } from "../seal/fleet-key.ts";
import { Sealer } from "../seal/seal.ts";
import type { FleetQueue } from "./fleet-queue.ts";
import { isCopied, JournalMirror, listJournals, readJournals, recordOfCopy } from "./journal-mirror.ts";

const run: JournalEntry = { type: "run", format: JOURNAL_FORMAT, ...runHeader };
const intent = (seq: number): JournalEntry => {
  return { type: "intent", seq, kind: "snapshot", intent: { clientToken: `token-${seq}` } };
};

/** A queue that has nothing but hashes, and writes when it is told to. */
function slowQueue() {
  const sealer = new Sealer(parseKeys(makeKeyText(), "a test"), Date.now);
  const stored = new Map<string, string>();
  const waiting: (() => void)[] = [];
  let writes = 0;
  const redis = {
    hset: async (_key: string, field: string, value: string) => {
      writes++;
      await new Promise<void>((resolve) => waiting.push(resolve));
      stored.set(field, value);
    },
    hdel: async (_key: string, field: string) => stored.delete(field),
    hkeys: async () => [...stored.keys()],
    hmget: async (_key: string, ...fields: readonly string[]) => fields.map((field) => stored.get(field) ?? null),
  };
  const about = (purpose: "journal", subject: string, number: number) => ({ purpose, queue: "q", subject, number });
  const queue = {
    redis,
    keyOf: (kind: string) => kind,
    seal: (text: string, purpose: "journal", subject: string, number: number) =>
      sealer.seal(text, about(purpose, subject, number)),
    openJson: (sealed: unknown, purpose: "journal", subject: string, number: number) => ({
      value: JSON.parse(sealer.open(sealed, about(purpose, subject, number)).content.toString()),
    }),
  } as unknown as FleetQueue;
  const writeOne = async () => {
    while (waiting.length === 0) await new Promise(setImmediate);
    waiting.shift()?.();
  };
  return { queue, stored, writeOne, count: () => writes };
}

const readAll = async (queue: FleetQueue) => readJournals(queue, await listJournals(queue));

describe("JournalMirror", () => {
  const owner = { worker: "w-1", vmId: "i-1" };

  it("has an entry when it says so, and never more than one write under way", async () => {
    const { queue, writeOne, count } = slowQueue();
    const mirror = new JournalMirror(queue, { jobId: "aa", attempt: 2 }, owner);
    mirror.add(run);
    for (const seq of [1, 2, 3, 4, 5]) mirror.add(intent(seq));
    const known = mirror.problem();
    await writeOne();
    await writeOne();
    expect(await known).toBeUndefined();
    expect(count()).toBe(2);
    const [found] = await readAll(queue);
    expect(found).toMatchObject({ jobId: "aa", attempt: 2, ...owner });
    if (found === undefined) throw new Error("There is a copy");
    const record = recordOfCopy(found, runHeader.accountId, 1_000);
    expect(record.resources.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(() => recordOfCopy(found, "999999999999", 1_000)).toThrow("was done for the account");
  });

  it("does not take an earlier write for the last one", async () => {
    const { queue, stored, writeOne } = slowQueue();
    const mirror = new JournalMirror(queue, { jobId: "aa", attempt: 1 }, owner);
    mirror.add(run);
    mirror.add(intent(1));
    let isKnown = false;
    const known = mirror.problem().then(() => {
      isKnown = true;
    });
    await writeOne();
    await expect.poll(() => stored.size).toBe(1);
    expect(isKnown).toBe(false);
    await writeOne();
    await known;
  });

  it("says why an entry is not in the queue", async () => {
    const { queue } = slowQueue();
    queue.redis.hset = (() => Promise.reject(new Error("OOM command not allowed"))) as never;
    const mirror = new JournalMirror(queue, { jobId: "aa", attempt: 1 }, owner);
    mirror.add(run);
    expect(await mirror.problem()).toContain("OOM");
  });

  it("is gone when it is removed, and is no other run's", async () => {
    const { queue, stored, writeOne } = slowQueue();
    const mirror = new JournalMirror(queue, { jobId: "aa", attempt: 1 }, owner);
    mirror.add(run);
    await writeOne();
    await expect.poll(() => stored.size).toBe(1);
    stored.set("bb:1", stored.get("aa:1") ?? "");
    stored.set("aa:2", stored.get("aa:1") ?? "");
    stored.set("not one", "x");
    expect((await readAll(queue)).map(({ jobId, attempt }) => `${jobId}:${attempt}`)).toEqual(["aa:1"]);
    await mirror.remove();
    expect(stored.has("aa:1")).toBe(false);
  });

  it("has no work of a template in it", () => {
    const types = ["run", "intent", "origin", "base", "done", "lent", "sandbox", "kept"] as const;
    expect(types.filter((type) => isCopied({ type } as JournalEntry))).toEqual(["run", "intent", "kept"]);
  });
});
