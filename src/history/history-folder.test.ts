import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChrootError, UsageError } from "../common/errors.ts";
import { secrets } from "../common/secrets.ts";
import { readRecord, readRecords, recordPath, writeRecord } from "./history-folder.ts";
import { historyLimits } from "./history-limits.ts";
import { pruneRecords } from "./prune-records.ts";
import type { RunRecord } from "./run-record.ts";
import { findRecord, forgetRun, listRuns } from "./runs.ts";

const DAY_MS = 86_400_000;

function recordOf(runId: string, more: Partial<RunRecord> = {}): RunRecord {
  return {
    formatVersion: 1,
    program: "outscale-chroot 0.0.0",
    runId,
    build: "outscale-chroot.web",
    startedAt: "2026-01-02T03:04:05.000Z",
    elapsedMs: 10,
    outcome: "done",
    template: { path: "web.pkr.hcl", sha256: "00", files: [] },
    configuration: {},
    account: null,
    source: null,
    product: null,
    phases: [],
    apiCalls: [],
    resources: [],
    bootTest: null,
    bootFailure: null,
    image: null,
    imageCheck: null,
    generalised: null,
    provenance: null,
    inputs: null,
    warnings: [],
    error: null,
    lines: [],
    earlier: [],
    leftOut: { lines: 0, apiCalls: 0, resources: 0 },
    ...more,
  };
}

const runId = (number: number) => number.toString(16).padStart(12, "0");

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "history-"));
});
afterEach(() => rmSync(state, { recursive: true }));

/** Records of runs 1, 2, ..., each a day older than the one before. */
async function writeDays(count: number, now: number): Promise<void> {
  for (let day = 1; day <= count; day++) {
    await writeRecord(state, recordOf(runId(day)));
    const at = (now - day * DAY_MS) / 1_000;
    utimesSync(recordPath(state, runId(day)), at, at);
  }
}

function leaveJournal(id: string): void {
  mkdirSync(join(state, "runs"), { recursive: true });
  writeFileSync(join(state, "runs", `${id}.jsonl`), "damaged\n");
}

const kept = () => readdirSync(join(state, "history")).sort();

describe("writeRecord()", () => {
  it("gives what was written back, for its owner's eyes alone", async () => {
    const record = recordOf(runId(1), { warnings: ["It is slow"] });
    await writeRecord(state, record);
    expect(readRecord(state, runId(1))).toEqual(record);
    expect(statSync(join(state, "history")).mode & 0o777).toBe(0o700);
    expect(statSync(recordPath(state, runId(1))).mode & 0o777).toBe(0o600);
    expect(kept()).toEqual([`${runId(1)}.json`]);
  });

  it("masks secrets in every text", async () => {
    secrets.add("SKHISTORYTEST");
    const text = "the SKHISTORYTEST is";
    const error = { code: "E_API", message: text, hint: text, step: null, resourceId: null };
    const line = { atMs: 1, kind: "say", part: null, text } as const;
    await writeRecord(
      state,
      recordOf(runId(1), { warnings: [text], error, lines: [line], configuration: { omi_name: text } }),
    );
    expect(readFileSync(recordPath(state, runId(1)), "utf8")).not.toContain("SKHISTORYTEST");
  });
});

describe("readRecords()", () => {
  it("tells what is damaged, newer, or no file, and reads the rest", async () => {
    await writeRecord(state, recordOf(runId(1)));
    writeFileSync(recordPath(state, runId(2)), "{");
    writeFileSync(recordPath(state, runId(3)), JSON.stringify({ formatVersion: 2 }));
    mkdirSync(recordPath(state, runId(4)));
    writeFileSync(recordPath(state, runId(5)), JSON.stringify({ formatVersion: 1 }));
    writeFileSync(join(state, "history", "notes.json"), "{}");
    const { records, unreadable } = readRecords(state);
    expect(records.map((record) => record.runId)).toEqual([runId(1)]);
    expect(unreadable.toSorted((a, b) => a.runId.localeCompare(b.runId))).toMatchObject([
      { runId: runId(2), problem: expect.stringContaining("damaged") },
      { runId: runId(3), problem: expect.stringContaining("newer version") },
      { runId: runId(4), problem: expect.stringContaining("no record") },
      { runId: runId(5), problem: expect.stringContaining("damaged: program") },
    ]);
  });
});

describe("findRecord()", () => {
  it.each([
    ["{", "is damaged", "outscale-chroot runs rm 000000000001 removes it"],
    ["[]", "is damaged", "outscale-chroot runs rm 000000000001 removes it"],
    ['{"formatVersion":1}', "is damaged: program", "outscale-chroot runs rm 000000000001 removes it"],
    ['{"formatVersion":2}', "was written by a newer version", "Show it with that one"],
  ])("tells what is wrong with the record %j, which is nobody's bug", async (text, message, hint) => {
    await writeRecord(state, recordOf(runId(2)));
    writeFileSync(recordPath(state, runId(1)), text);
    const find = () => findRecord(state, runId(1));
    expect(find).toThrow(ChrootError);
    expect(find).toThrow(
      expect.objectContaining({ code: "E_RECORD", hint, message: expect.stringContaining(message) }),
    );
  });

  it("and of a file that is none", () => {
    mkdirSync(recordPath(state, runId(1)), { recursive: true });
    expect(() => findRecord(state, runId(1))).toThrow(expect.objectContaining({ code: "E_RECORD" }));
  });
});

describe("pruneRecords()", () => {
  it("keeps so many, and none that is too old", async () => {
    const now = Date.now();
    await writeDays(6, now);
    expect(pruneRecords(state, { runs: 4, ageMs: 90 * DAY_MS }, now)).toEqual([runId(5), runId(6)]);
    expect(pruneRecords(state, { runs: 4, ageMs: 2.5 * DAY_MS }, now)).toEqual([runId(3), runId(4)]);
    expect(kept()).toEqual([`${runId(1)}.json`, `${runId(2)}.json`]);
  });

  it("clears away what a run left that was killed while it wrote, and nothing that is being written", async () => {
    await writeRecord(state, recordOf(runId(1)));
    for (const id of [runId(2), runId(3)]) writeFileSync(`${recordPath(state, id)}.part`, "{");
    const now = Date.now();
    const before = (now - 2 * DAY_MS) / 1_000;
    utimesSync(`${recordPath(state, runId(2))}.part`, before, before);
    pruneRecords(state, historyLimits({}), now);
    expect(kept()).toEqual([`${runId(1)}.json`, `${runId(3)}.json.part`]);
  });

  it("keeps those of runs that are alive or unclean", async () => {
    const now = Date.now();
    await writeDays(3, now);
    leaveJournal(runId(2));
    expect(pruneRecords(state, { runs: 0, ageMs: 0 }, now)).toEqual([runId(1), runId(3)]);
    expect(kept()).toEqual([`${runId(2)}.json`]);
  });
});

describe("findRecord()", () => {
  it("takes the beginning of an id, if it is one run's", async () => {
    await writeRecord(state, recordOf("aaaa00000000"));
    await writeRecord(state, recordOf("aabb00000000"));
    expect(findRecord(state, "aab").runId).toBe("aabb00000000");
    expect(() => findRecord(state, "aa")).toThrow("Several runs begin");
    expect(() => findRecord(state, "ff")).toThrow(UsageError);
  });
});

describe("forgetRun()", () => {
  it("removes a record, and none of a run that has a journal", async () => {
    await writeDays(2, Date.now());
    leaveJournal(runId(2));
    expect(forgetRun(state, runId(1))).toBe(runId(1));
    expect(() => forgetRun(state, runId(2))).toThrow(
      expect.objectContaining({
        message: expect.stringContaining("left something behind"),
        hint: `Take it down with: outscale-chroot cleanup -state ${state} ${runId(2)}`,
      }),
    );
    expect(kept()).toEqual([`${runId(2)}.json`]);
  });
});

describe("listRuns()", () => {
  it("is empty where nothing was ever built", async () => {
    expect(await listRuns(state)).toEqual({ runs: [], unreadable: [] });
  });

  it("lists the newest first", async () => {
    await writeRecord(state, recordOf(runId(1), { startedAt: "2026-01-01T00:00:00.000Z", outcome: "failed" }));
    await writeRecord(state, recordOf(runId(2), { startedAt: "2026-01-02T00:00:00.000Z" }));
    const { runs } = await listRuns(state);
    expect(runs.map((run) => [run.runId, run.state])).toEqual([
      [runId(2), "done"],
      [runId(1), "failed"],
    ]);
  });
});

describe("historyLimits()", () => {
  it("reads the environment", () => {
    expect(historyLimits({})).toEqual({ runs: 200, ageMs: 90 * DAY_MS });
    const env = { OUTSCALE_CHROOT_HISTORY_RUNS: "0", OUTSCALE_CHROOT_HISTORY_DAYS: "7" };
    expect(historyLimits(env)).toEqual({ runs: 0, ageMs: 7 * DAY_MS });
    expect(() => historyLimits({ OUTSCALE_CHROOT_HISTORY_RUNS: "many" })).toThrow(UsageError);
  });
});
