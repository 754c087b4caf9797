import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordingIo } from "../../tests/support/terminal/recording-io.ts";
import type { LogEntry } from "../common/log.ts";
import { secrets } from "../common/secrets.ts";
import { logLine, openDebugLog } from "./debug-log.ts";

const note: LogEntry = { kind: "note", message: "the key is SKDEBUGLOGTEST" };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "debug-log-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("openDebugLog()", () => {
  it.each<[string, string | undefined, NodeJS.ProcessEnv]>([
    ["--log", "a.log", {}],
    ["PACKER_LOG_PATH", undefined, { PACKER_LOG: "1" }],
  ])("writes to the file of %s, without secrets and for its owner alone", (_, flag, env) => {
    secrets.add("SKDEBUGLOGTEST");
    const path = join(folder, "a.log");
    {
      using log = openDebugLog(flag && path, recordingIo({ env: { ...env, PACKER_LOG_PATH: path } }));
      log.write(note);
    }
    expect(readFileSync(path, "utf8")).toMatch(/^\d{4}-\S+Z \[note\] the key is <sensitive>\n$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("writes to standard error with PACKER_LOG alone, and nowhere without it", () => {
    for (const [value, expected] of [
      ["1", 1],
      ["0", 0],
      ["", 0],
      [undefined, 0],
    ] as const) {
      const io = recordingIo({ env: { PACKER_LOG: value } });
      using log = openDebugLog(undefined, io);
      log.write(note);
      expect(io.written.stderr.split("\n").length - 1).toBe(expected);
    }
  });

  it("says when the file cannot be written", () => {
    expect(() => openDebugLog(join(folder, "no", "such"), recordingIo())).toThrow("Cannot write the log");
  });
});

describe("logLine()", () => {
  const now = new Date(0);
  const api = {
    kind: "api",
    action: "ReadVms",
    status: 200,
    requestId: "r-1",
    code: undefined,
    attempt: 1,
    elapsedMs: 12.4,
  } as const;

  it.each<[LogEntry, string]>([
    [{ ...api, request: {}, response: { Vms: [] } }, '[api] ReadVms 200 r-1 12 ms request {} response {"Vms":[]}'],
    [
      { ...api, status: undefined, requestId: undefined, attempt: 3, request: {} },
      "[api] ReadVms no answer 12 ms attempt 3 request {} response undefined",
    ],
    [
      { ...api, status: 400, code: "5063" },
      "[api] ReadVms 400 code 5063 r-1 12 ms request undefined response undefined",
    ],
    [
      { kind: "command", line: "umount /mnt", outcome: "exit code 32", elapsedMs: 3 },
      "[command] exit code 32, 3 ms: umount /mnt",
    ],
    [{ kind: "journal", entry: { seq: 1 } }, '[journal] {"seq":1}'],
  ])("of %j", (entry, line) => {
    expect(logLine(entry, now)).toBe(`1970-01-01T00:00:00.000Z ${line}\n`);
  });
});
