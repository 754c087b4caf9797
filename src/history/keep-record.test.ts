import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RecordingUi } from "../../tests/support/terminal/recording-ui.ts";
import { BootCheckError } from "../boot/boot-check-error.ts";
import { systemClock } from "../common/clock.ts";
import { readRecord } from "./history-folder.ts";
import { keepRecord, templateRecord } from "./keep-record.ts";
import { RunRecorder } from "./run-recorder.ts";

const runId = "0123456789ab";

describe("keepRecord()", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "keep-record-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const keep = (error: unknown, stateFolder = folder, runs = 10) => {
    const known = { build: "outscale-chroot.web", template: templateRecord("", []), configuration: {} };
    const recorder = new RunRecorder(known, systemClock);
    recorder.note({ type: "build-started", runId, at: systemClock.now() });
    const end = { outcome: "failed" as const, warnings: [], artifact: undefined, error, image: null };
    const ui = new RecordingUi();
    const limits = { runs, ageMs: 1_000_000 };
    return { ui, record: keepRecord(recorder, end, { stateFolder, limits, ui, clock: systemClock }) };
  };

  it("has the console of an image that did not boot", async () => {
    const tail = ["Kernel panic - not syncing", "---[ end"];
    await keep(new BootCheckError("It does not boot", { tail, consoleFile: "/x/console.log" })).record;
    expect(readRecord(folder, runId)).toMatchObject({
      bootFailure: { console: tail, consoleFile: "/x/console.log" },
      error: { code: "E_BOOT_CHECK" },
    });
    // The static check refuses before anything has booted.
    await keep(new BootCheckError("There is no kernel")).record;
    expect(readRecord(folder, runId)).toMatchObject({ bootFailure: null });
  });

  it("warns when it cannot be written, and writes none when none are wanted", async () => {
    writeFileSync(join(folder, "file"), "");
    const { ui, record } = keep(new Error("x"), join(folder, "file"));
    expect(await record).toMatchObject({ error: { code: "E_BUG" } });
    expect(ui.of("warn")).toEqual([expect.stringContaining("The record of this run could not be written")]);
    await keep(new Error("x"), folder, 0).record;
    expect(readRecord(folder, runId)).toBeUndefined();
  });
});
