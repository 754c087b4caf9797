import { describe, expect, it } from "vitest";
import { makeKeyText, parseKeys } from "../seal/fleet-key.ts";
import { Sealer } from "../seal/seal.ts";
import type { FleetQueue } from "./fleet-queue.ts";
import type { OutputEntry } from "./messages.ts";
import { type OutputRun, OutputWriter, writtenBytes } from "./output-writer.ts";

const MIB = 1024 ** 2;
const about = (subject: string, number: number) => ({ purpose: "output" as const, queue: "q", subject, number });

/** A queue that has the output of one job. */
function outputQueue() {
  const sealer = new Sealer(parseKeys(makeKeyText(), "a test"), Date.now);
  const pieces: [string, string[]][] = [];
  const redis = {
    xadd: async (_key: string, _place: string, ...fields: readonly unknown[]) =>
      pieces.push([`${pieces.length}-0`, fields.map(String)]),
    publish: async () => 0,
    expire: async () => 1,
    xrevrange: async () => pieces.slice(-1),
  };
  const queue = {
    redis,
    keyOf: (kind: string, subject: string) => `${kind}:${subject}`,
    seal: (text: string, _purpose: string, subject: string, number: number) =>
      sealer.seal(text, about(subject, number)),
  } as unknown as FleetQueue;
  const entries = () =>
    pieces.flatMap(([, [, number, , sealed]]): OutputEntry[] =>
      JSON.parse(sealer.open(sealed, about("aa", Number(number))).content.toString()),
    );
  return { queue, pieces, entries };
}

function lineOf(text: string): OutputEntry {
  const event = { type: "line", at: 0, build: "web", part: undefined, kind: "message", text } as const;
  return { type: "event", event };
}

async function run(queue: FleetQueue, parts: Partial<OutputRun>, { lines, text }: { lines: number; text: string }) {
  const writer = new OutputWriter(queue, { id: "aa", attempt: 1, ...parts }, expect.unreachable);
  for (let line = 0; line < lines; line++) writer.write(lineOf(text));
  await writer.end({ type: "note", text: "the end" });
}

const bytesOf = (entries: readonly OutputEntry[]) =>
  entries.reduce((sum, entry) => sum + Buffer.byteLength(JSON.stringify(entry)), 0);

describe("OutputWriter", () => {
  it.each([
    ["Latin", "x".repeat(3_000)],
    ["other", "界".repeat(1_000)],
  ])("has 16 MiB at most of the lines of a build, in %s letters, and counts the rest", async (_which, text) => {
    const { queue, entries } = outputQueue();
    await run(queue, {}, { lines: 6_000, text });
    const bytes = bytesOf(entries());
    expect([bytes > 15.9 * MIB, bytes < 16.1 * MIB]).toEqual([true, true]);
    const shown = entries().filter(({ type }) => type === "event").length;
    expect(entries().slice(-2)).toEqual([
      { type: "left-out", lines: 6_000 - shown },
      { type: "note", text: "the end" },
    ]);
  });

  it("has so many of all runs of a build together", async () => {
    const { queue, entries } = outputQueue();
    for (let attempt = 1; attempt <= 11; attempt++) {
      const bytesBefore = await writtenBytes(queue, "aa");
      await run(queue, { attempt, bytesBefore }, { lines: 600, text: "x".repeat(3_000) });
    }
    expect(bytesOf(entries())).toBeLessThan(16.1 * MIB);
    expect(entries().filter(({ type }) => type === "note")).toHaveLength(11);
  });
});

describe("writtenBytes()", () => {
  it.each([
    [0, []],
    [0, ["number", "1", "sealed", "x"]],
    [5, ["number", "1", "sealed", "x", "bytes", "5"]],
    [0, ["number", "1", "sealed", "x", "bytes", "-5"]],
    [0, ["number", "1", "sealed", "x", "bytes", "1e300"]],
    [0, ["number", "1", "sealed", "x", "bytes", "many"]],
  ])("is %s for a last piece of %j", async (bytes, fields) => {
    const { queue, pieces } = outputQueue();
    if (fields.length > 0) pieces.push(["1-0", fields]);
    expect(await writtenBytes(queue, "aa")).toBe(bytes);
  });
});
