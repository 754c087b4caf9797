import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { recordingIo } from "../../../tests/support/terminal/recording-io.ts";
import { screenOf } from "../../../tests/support/terminal/screen.ts";
import { uiOf } from "../../bake/report.ts";
import type { BuildEvent, StepName } from "../../builder/events.ts";
import { systemClock } from "../../common/clock.ts";
import { secrets } from "../../common/secrets.ts";
import { cutToWidth } from "../../terminal/text-width.ts";
import { HumanReport } from "./human-report.ts";
import { openLiveView } from "./live-view.ts";

const START = Date.parse("2026-01-02T03:04:05Z");
beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

function live(builds: readonly string[] = ["outscale-chroot.web"], isLive = true) {
  const io = recordingIo({ isTerminal: true, answers: ["yes"] });
  const view = isLive ? openLiveView(io.stdout, builds) : undefined;
  const report = new HumanReport({ io, clock: systemClock, color: false, timestamps: false, live: view, builds });
  const screen = () => screenOf(io.written.stdout).filter((line) => line !== "");
  const [build = ""] = builds;
  const begin = (step: StepName, number = 17) => {
    report.event(build, { type: "step-started", step, number, count: 24, at: Date.now() });
  };
  return { io, report, screen, begin, tell: (event: BuildEvent) => report.event(build, event) };
}

const lineOf = (name: string, step: string, time: string, what: string) => {
  return `${name}  ${step.padStart(5)} ${time.padStart(5)}  ${what}`;
};

const wait = { type: "progress", step: "StepSnapshot", subject: "snapshot snap-12345678", elapsedMs: 65_000 } as const;

describe("HumanReport on a terminal", () => {
  it("shows step n of m and its time, below what is said", () => {
    const { report, screen, begin } = live();
    begin("StepSnapshot", 21);
    expect(screen()).toEqual([lineOf("web", "21/24", "0s", "StepSnapshot")]);
    vi.advanceTimersByTime(65_000);
    uiOf(report, "outscale-chroot.web").say("Hello");
    expect(screen()).toEqual(["==> outscale-chroot.web: Hello", lineOf("web", "21/24", "1m05s", "StepSnapshot")]);
  });

  it.each<[BuildEvent, string]>([
    [
      { ...wait, state: "pending", percent: 44.6, timeoutMs: 300_000 },
      "snapshot snap-12345678 pending 45 % (at most 5m00s)",
    ],
    [{ ...wait, state: "pending", percent: undefined, detail: "news" }, "snapshot snap-12345678 pending: news"],
    [
      { type: "provisioner-started", provisioner: "shell (a:7)", number: 2, count: 3, at: START, timeoutMs: 60_000 },
      "provisioner 2 of 3, shell (a:7) (at most 1m00s)",
    ],
    [
      {
        type: "retry",
        action: "ReadVms",
        attempt: 4,
        attempts: 8,
        reason: "connection refused",
        delayMs: 1,
        at: START,
      },
      "ReadVms: retrying 4 of 8: connection refused",
    ],
    [{ type: "release-started", release: "Unmounting /mnt", at: START }, "Unmounting /mnt"],
  ])("shows what is waited for: %j", (event, text) => {
    const title = event.type === "provisioner-started" ? "" : "StepSnapshot: ";
    const { screen, begin, tell } = live();
    begin("StepSnapshot", 21);
    tell(event);
    vi.advanceTimersByTime(9_000);
    expect(screen()).toEqual([cutToWidth(lineOf("web", "21/24", "9s", `${title}${text}`), 79)]);
  });

  it("forgets a retry that is over, and what a provisioner waited for", () => {
    const { screen, begin, tell } = live();
    begin("StepChrootProvision");
    tell({ type: "retry", action: "ReadVms", attempt: 4, attempts: 8, reason: "reset", delayMs: 1, at: START });
    tell({ type: "retry-ended", action: "ReadVms", at: START });
    tell({ type: "provisioner-started", provisioner: "sleep (a:7)", number: 1, count: 1, at: START });
    tell({ type: "provisioner-ended", provisioner: "sleep (a:7)", at: START, elapsedMs: 1, outcome: "done" });
    expect(screen()).toEqual([lineOf("web", "17/24", "0s", "StepChrootProvision")]);
  });

  it("says what is taken down between steps and after a failure", () => {
    const { screen, begin, tell } = live();
    begin("StepBootTest", 20);
    tell({ type: "step-ended", step: "StepBootTest", at: START, elapsedMs: 0, outcome: "failed" });
    expect(screen()).toEqual([lineOf("web", "20/24", "0s", "Cleaning up")]);
    vi.advanceTimersByTime(5_000);
    tell({ type: "release-started", release: "Unlinking vol-1", at: Date.now() });
    vi.advanceTimersByTime(2_000);
    expect(screen()).toEqual([lineOf("web", "20/24", "2s", "Unlinking vol-1")]);
  });

  it("has a line for each of six builds, with names as wide as each other", () => {
    const names = ["a", "bb", "c", "d", "e", "f"].map((name) => `outscale-chroot.${name}`);
    const { report, screen } = live(names);
    for (const name of names) {
      report.event(name, { type: "step-started", step: "StepLinkVolume", number: 10, count: 24, at: START });
    }
    expect(screen()).toEqual(
      ["a ", "bb", "c ", "d ", "e ", "f "].map((name) => lineOf(name, "10/24", "0s", "StepLinkVolume")),
    );
  });

  it("says how many builds a low terminal has no room for", () => {
    const names = ["a", "b", "c", "d", "e"];
    const { io, report, screen } = live(names);
    io.resize(80, 4);
    for (const name of names) {
      report.event(name, { type: "step-started", step: "StepLinkVolume", number: 10, count: 24, at: START });
    }
    expect(screen().map((line) => line.slice(0, 27).trim())).toEqual([
      "a  10/24    0s  StepLinkVol",
      "b  10/24    0s  StepLinkVol",
      "... and 3 more",
    ]);
  });

  it("is never wider than the terminal, whatever its width, the names and the news", () => {
    const { io, screen, begin, tell } = live(["outscale-chroot.日本"]);
    begin("StepSnapshot", 21);
    tell({ ...wait, state: "pending", percent: 45, detail: "\u001b[2J\u001b[1;1Hall\tover\r\nthe screen" });
    io.resize(40);
    expect(screen()).toEqual(["日本  21/24    0s  StepSnapshot: snaps…"]);
    io.resize(7);
    expect(screen()).toEqual(["日本 …"]);
    io.resize(120);
    expect(screen()[0]).toContain("pending 45 %: all over the screen");
  });

  it("shows no secret, nor a part of one", () => {
    secrets.add("SKHALFOFITISATTHEEND");
    const { io, begin, tell } = live();
    begin("StepBootTest", 20);
    tell({
      ...wait,
      subject: "boot",
      state: "under TCG",
      percent: undefined,
      detail: "it is a long way, SKHALFOFITISATTHEEND",
    });
    expect(io.written.stdout).not.toContain("SKHALF");
  });

  it("leaves nothing but plain lines", () => {
    const { io, report, screen, begin } = live();
    begin("StepSnapshot", 21);
    report.finished([], 1_000);
    report[Symbol.dispose]();
    vi.advanceTimersByTime(10_000);
    expect(screen()).toEqual([
      "==> Wait completed after 1 second",
      "==> Builds finished but no artifacts were created.",
    ]);
    expect(screenOf(`${io.written.stdout}$ `).at(-1)).toBe("$");
  });

  it("makes way for a question, and for who suspends the program", async () => {
    const { io, report, screen, begin } = live();
    begin("StepSnapshot", 21);
    const answer = report.ask("outscale-chroot.web", "Go on?");
    vi.advanceTimersByTime(3_000);
    expect(screen()).toEqual(["==> outscale-chroot.web: Go on?"]);
    await answer;
    expect(screen()).toHaveLength(2);
    const goOn = io.suspend();
    expect(screen()).toHaveLength(1);
    goOn();
    expect(screen()).toHaveLength(2);
  });

  it("has no live line when nobody wants one", () => {
    const { io, begin } = live(["web"], false);
    begin("StepSnapshot");
    expect(io.written.stdout).toBe("");
  });
});
