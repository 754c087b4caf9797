import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { recordingIo } from "../../../tests/support/terminal/recording-io.ts";
import { uiOf } from "../../bake/report.ts";
import { systemClock } from "../../common/clock.ts";
import { HeartbeatReport, SILENCE_MS } from "./heartbeat-report.ts";
import { HumanReport } from "./human-report.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-01-02T03:04:05Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

function report() {
  const io = recordingIo({ answers: ["yes"] });
  const human = new HumanReport({
    io,
    clock: systemClock,
    color: false,
    timestamps: false,
    builds: ["web", "db"],
  });
  return { io, report: new HeartbeatReport(human, systemClock) };
}

describe("HeartbeatReport", () => {
  it("says after 30 s of silence what each build does, for how long, and for how long at most", () => {
    const { io, report: told } = report();
    told.event("web", { type: "step-started", step: "StepSnapshot", number: 21, count: 24, at: Date.now() });
    told.event("db", {
      type: "step-started",
      step: "StepChrootProvision",
      number: 17,
      count: 24,
      at: Date.now() - 60_000,
    });
    told.event("db", {
      type: "provisioner-started",
      provisioner: "shell (db.pkr.hcl:7)",
      number: 2,
      count: 3,
      at: Date.now(),
      timeoutMs: 600_000,
    });
    const wait = { subject: "the snapshot snap-12345678", state: "pending", percent: 45, elapsedMs: 1_000 };
    told.event("web", { type: "progress", step: "StepSnapshot", ...wait, timeoutMs: 21_600_000 });
    vi.advanceTimersByTime(SILENCE_MS - 1);
    expect(io.written.stdout).toBe("");
    vi.advanceTimersByTime(1);
    expect(io.written.stdout).toBe(
      [
        "    web: step 21 of 24: StepSnapshot 30s, the snapshot snap-12345678 pending 45 % (at most 6h00m)",
        "    db: step 17 of 24: StepChrootProvision 1m30s, provisioner 2 of 3, shell (db.pkr.hcl:7) (at most 10m00s), 30s",
        "",
      ].join("\n"),
    );
    vi.advanceTimersByTime(SILENCE_MS);
    expect(io.written.stdout).toContain("web: step 21 of 24: StepSnapshot 1m00s");
  });

  it("counts from the last line", () => {
    const { io, report: told } = report();
    told.event("web", { type: "step-started", step: "StepSnapshot", number: 21, count: 24, at: Date.now() });
    vi.advanceTimersByTime(SILENCE_MS - 1);
    uiOf(told, "web").message("a line");
    vi.advanceTimersByTime(SILENCE_MS - 1);
    expect(io.written.stdout).toBe("    web: a line\n");
  });

  it("says nothing while a person is asked, nor after the end", async () => {
    const { io, report: told } = report();
    told.event("web", { type: "step-started", step: "StepSnapshot", number: 21, count: 24, at: Date.now() });
    const answer = told.ask("web", "Go on?");
    vi.advanceTimersByTime(10 * SILENCE_MS);
    expect(io.written.stdout).toBe("==> web: Go on?\n");
    await answer;
    told.finished([], 1);
    told[Symbol.dispose]();
    const before = io.written.stdout;
    vi.advanceTimersByTime(10 * SILENCE_MS);
    expect(io.written.stdout).toBe(before);
  });
});
