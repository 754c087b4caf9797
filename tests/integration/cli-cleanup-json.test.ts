import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { runProgram } from "../../src/run-program.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";

const describe = requireRoot();

describe("cleanup -json", () => {
  it("tells what happened to each run also when it ends with an error", async () => {
    const state = mkdtempSync(join(tmpdir(), "cleanup-json-"));
    onTestFinished(() => rmSync(state, { recursive: true }));
    mkdirSync(join(state, "runs"), { mode: 0o700 });
    writeFileSync(join(state, "runs/111111111111.jsonl"), "null\n");
    const io = recordingIo();
    expect(await runProgram(["cleanup", "-json", "-state", state], io)).toBe(12);
    expect(JSON.parse(io.written.stdout)).toMatchObject([{ runId: "111111111111", outcome: "unusable", removed: [] }]);
    expect(io.written.stderr).toContain("Error: Not everything could be taken down");
  });
});
