import { describe, expect, it } from "vitest";
import type { BakeEvent } from "../../bake/event-report.ts";
import type { OutputEntry } from "../queue/messages.ts";
import { LiveRun } from "./live-run.ts";

const build = "outscale-chroot.web";
const event = (given: object): OutputEntry => ({ type: "event", event: { ...given, build } as BakeEvent });
const line = (at: number, text: string) => event({ type: "line", at, part: undefined, kind: "message", text });
const begins = (attempt: number): OutputEntry => ({ type: "begins", worker: "w-1", host: "one", attempt });
const step = (name: string, at: number, number: number) =>
  event({ type: "step-started", step: name, number, count: 9, at });
const part = (...entries: readonly OutputEntry[]) => ({ entries, missing: 0, refused: [], isCutOff: false });

function runOf(...entries: readonly OutputEntry[]): LiveRun {
  const run = new LiveRun();
  for (const entry of entries) run.note(part(entry));
  return run;
}

const started = [begins(1), event({ type: "build-started", runId: "r", at: 1_000 }), step("StepVmInfo", 1_100, 2)];

describe("LiveRun", () => {
  it("draws what goes on until now, and what has ended as it was", () => {
    const run = runOf(
      ...started,
      event({ type: "step-ended", step: "StepVmInfo", at: 1_300, elapsedMs: 200, outcome: "done" }),
      step("StepChrootProvision", 2_000, 3),
      event({ type: "provisioner-started", provisioner: "shell", number: 1, count: 1, at: 2_100 }),
    );
    expect(run.drawn(5_000)).toEqual({
      elapsedMs: 4_000,
      phases: [
        { kind: "step", name: "StepVmInfo", step: null, startMs: 100, elapsedMs: 200, outcome: "done" },
        { kind: "step", name: "StepChrootProvision", step: null, startMs: 1_000, elapsedMs: 3_000, outcome: "running" },
        {
          ...{ kind: "provisioner", name: "shell", step: "StepChrootProvision" },
          ...{ startMs: 1_100, elapsedMs: 2_900, outcome: "running" },
        },
      ],
    });
  });

  it("is never drawn as shorter than its worker's clock says", () => {
    expect(runOf(...started).drawn(0).elapsedMs).toBe(100);
  });

  it("tells the step, and how far its wait is", () => {
    const run = runOf(...started);
    expect(run.current).toMatchObject({ step: "StepVmInfo", number: 2, count: 9, wait: undefined });
    const progress = {
      type: "progress",
      step: "StepVmInfo",
      subject: "snapshot snap-1",
      state: "pending",
      percent: 40,
    };
    run.note(part(event({ ...progress, elapsedMs: 1 })));
    expect(run.current).toMatchObject({ wait: "snapshot snap-1 is pending", percent: 40 });
  });

  it("begins anew with another worker, and keeps what was said", () => {
    const run = runOf(...started, { type: "handed-back", reason: "The worker ends" }, begins(2));
    expect([run.drawn(9_000), run.current]).toEqual([{ phases: [], elapsedMs: 0 }, undefined]);
    const { lines } = run.linesFrom(0);
    expect(lines.map(({ text }) => text)).toEqual([
      "The worker w-1 on one has it",
      expect.stringContaining("The worker ends"),
      expect.stringContaining("The worker w-1 on one has it"),
    ]);
  });

  it("stands still when it has ended", () => {
    const run = runOf(...started, { type: "end" });
    expect(run.isOver).toBe(true);
    expect(run.current).toBeUndefined();
    expect(run.drawn(1e9)).toMatchObject({ elapsedMs: 100, phases: [{ outcome: "cancelled" }] });
  });

  it("gives the lines from a number on, and keeps no more than the newest", () => {
    const run = runOf(...Array.from({ length: 2_500 }, (_, index) => line(1_000, `line ${index}`)));
    expect(run.nextLine).toBe(2_500);
    expect(run.linesFrom(2_498)).toMatchObject({ from: 2_498, lines: [{ text: "line 2498" }, { text: "line 2499" }] });
    expect(run.linesFrom(9_999)).toEqual({ from: 2_500, lines: [] });
    const { from, lines } = run.linesFrom(0);
    expect([from, lines.length, lines[0]?.text]).toEqual([1_000, 1_500, "line 1000"]);
  });

  it("takes colours and control characters out of what is said, and cuts what is too long", () => {
    const run = runOf(line(0, "\u001b[31mred\u001b[0m\u0007"), line(0, "x".repeat(5_000)));
    expect(run.linesFrom(0).lines.map(({ text }) => text)).toEqual(["red", `${"x".repeat(2_000)}...`]);
  });

  it("says it when pieces are missing or refused", () => {
    const run = new LiveRun();
    run.note({ ...part(), missing: 2, refused: [new Error("its seal is broken")] });
    expect(run.linesFrom(0).lines.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      "warn: its seal is broken",
      "warn: Output is missing here: the queue has lost 2 pieces of it",
    ]);
  });
});
