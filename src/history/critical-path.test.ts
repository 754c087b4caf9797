import { describe, expect, it } from "vitest";
import realRun from "../../tests/support/report/real-run.json" with { type: "json" };
import { type CriticalPath, criticalPath } from "./critical-path.ts";
import { type RecordedCall, type RecordedPhase, type RunRecord, runRecordSchema } from "./run-record.ts";

type Timed = Pick<RunRecord, "phases" | "apiCalls" | "elapsedMs" | "outcome">;

const phase = (kind: RecordedPhase["kind"], name: string, startMs: number, endMs: number): RecordedPhase => {
  return { kind, name, step: null, startMs, elapsedMs: endMs - startMs, outcome: "done" };
};
const step = (name: string, startMs: number, endMs: number) => phase("step", name, startMs, endMs);
const wait = (name: string, startMs: number, endMs: number, more: Partial<RecordedPhase> = {}) => {
  return { ...phase("wait", name, startMs, endMs), ...more };
};
const call = (action: string, startMs: number, elapsedMs: number): RecordedCall => {
  return { action, startMs, elapsedMs, count: 1, status: 200, requestId: null, errorCode: null };
};
const run = (elapsedMs: number, phases: RecordedPhase[], apiCalls: RecordedCall[] = []): Timed => {
  return { outcome: "done", elapsedMs, phases, apiCalls };
};
const shown = ({ parts }: CriticalPath) => parts.map(({ name, startMs, elapsedMs }) => [name, startMs, elapsedMs]);

describe("criticalPath()", () => {
  it("is what followed each other, with the own time of each step between", () => {
    const path = criticalPath(
      run(
        1_000,
        [step("A", 0, 600), wait("volume", 100, 500), step("B", 600, 950), phase("provisioner", "shell", 700, 900)],
        [call("CreateVolume", 80, 20), call("ReadVolumes", 490, 9)],
      ),
    );
    expect(shown(path)).toEqual([
      ["A", 0, 80],
      ["CreateVolume", 80, 20],
      ["volume", 100, 400],
      ["A", 500, 100],
      ["B", 600, 100],
      ["shell", 700, 200],
      ["B", 900, 50],
      ["", 950, 50],
    ]);
    expect(path.sums).toEqual({ waitMs: 400, lateMs: 0, callMs: 20, provisionerMs: 200, ownMs: 380 });
  });

  it("leaves out what ended before something longer did, and tells of it", () => {
    const path = criticalPath(run(300, [step("A", 0, 300), wait("vm", 10, 60), wait("source", 10, 290)]));
    expect(shown(path)).toEqual([
      ["A", 0, 10],
      ["source", 10, 280],
      ["A", 290, 10],
    ]);
    expect(path.beside).toMatchObject([{ name: "vm", startMs: 10, elapsedMs: 50 }]);
  });

  it("does not count a wait that the run gave up when it was done", () => {
    const given = wait("volume to vanish", 100, 300, { outcome: "cancelled" });
    const path = criticalPath(run(300, [step("A", 0, 290), wait("image", 100, 280), given]));
    expect(shown(path).map(([name]) => name)).toEqual(["A", "image", "A", ""]);
    const failed = criticalPath({ ...run(300, [step("A", 0, 300), given]), outcome: "cancelled" });
    expect(shown(failed).map(([name]) => name)).toEqual(["A", "volume to vanish"]);
  });

  it("tells what was waited too long, for the waits on the path alone", () => {
    const phases = [wait("long", 0, 90, { lateMs: 20 }), wait("short", 0, 50, { lateMs: 40 }), step("A", 0, 100)];
    expect(criticalPath(run(100, phases)).sums).toMatchObject({ waitMs: 70, lateMs: 20, ownMs: 10 });
  });

  it.each([
    ["nothing", run(0, [])],
    ["no phase", run(50, [])],
    ["a phase that began before the run and ends after it", run(50, [wait("odd", -10, 80)])],
    ["phases without a time", run(50, [wait("a", 20, 20), wait("b", 20, 20)])],
  ])("covers the whole time of a run with %s", (_title, record) => {
    const { parts } = criticalPath(record);
    expect(parts.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0)).toBe(record.elapsedMs);
  });

  it("finds the chain of a real build: volume, link, unlink, snapshot, image", () => {
    const { phases, apiCalls } = runRecordSchema.pick({ phases: true, apiCalls: true }).parse(realRun);
    const path = criticalPath({ outcome: "done", elapsedMs: realRun.elapsedMs, phases, apiCalls });
    const waits = path.parts.filter(({ kind }) => kind === "wait").map(({ name }) => name.replace(/ \w+-\w+/, ""));
    expect(waits).toEqual([
      "volume to become available",
      "volume to be linked",
      "volume to be unlinked",
      "snapshot to become completed",
      "image to become available",
    ]);
    const provisioners = path.parts.filter(({ kind }) => kind === "provisioner").map(({ name }) => name.split(" ")[0]);
    expect(provisioners).toEqual(["shell", "file"]);
    const { waitMs, lateMs, callMs, provisionerMs, ownMs } = path.sums;
    expect(waitMs + lateMs + callMs + provisionerMs + ownMs).toBe(realRun.elapsedMs);
    for (const [index, part] of path.parts.slice(1).entries()) {
      const before = path.parts[index];
      expect(part.startMs).toBe((before?.startMs ?? 0) + (before?.elapsedMs ?? 0));
    }
  });
});
