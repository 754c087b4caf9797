import { describe, expect, it } from "vitest";
import { RecordingUi } from "../../tests/support/terminal/recording-ui.ts";
import { CancelledError } from "../common/errors.ts";
import { KeptVolume } from "./kept-volume.ts";

const running = new AbortController().signal;
const failure = new Error("a script failed");

describe("KeptVolume.staysAfter()", () => {
  it.each([
    ["cleanup", false],
    ["abort", true],
    ["run-cleanup-provisioner", true],
    ["ask", false],
  ] as const)("follows on_error = %s", (onError, stays) => {
    expect(new KeptVolume({ onError }).staysAfter(failure, running)).toBe(stays);
  });

  it("follows the answer to ask", () => {
    const kept = new KeptVolume({ onError: "ask" });
    kept.want();
    expect(kept.staysAfter(failure, running)).toBe(true);
  });

  it("keeps nothing of a build that is cancelled", () => {
    const kept = new KeptVolume({ onError: "abort" });
    expect(kept.staysAfter(new CancelledError(), running)).toBe(false);
    expect(kept.staysAfter(failure, AbortSignal.abort())).toBe(false);
  });

  it.each([
    ["abort", true],
    ["ask", true],
    ["cleanup", false],
  ] as const)(
    "keeps what was kept before when the run that goes on with it is cancelled: on_error = %s",
    (onError, stays) => {
      const kept = new KeptVolume({ onError, isResumed: true });
      expect(kept.staysAfter(new CancelledError(), running)).toBe(stays);
      expect(kept.staysAfter(failure, AbortSignal.abort())).toBe(stays);
    },
  );

  it("follows the answer to ask in a run that goes on, too", () => {
    expect(new KeptVolume({ onError: "ask", isResumed: true }).staysAfter(failure, running)).toBe(false);
  });
});

describe("KeptVolume.leave()", () => {
  const run = { runId: "0123456789ab", volumeId: "vol-1" };

  it("says what stays, and how to go on with it", () => {
    const kept = new KeptVolume({ onError: "abort", canResume: true });
    const ui = new RecordingUi();
    expect(kept.isTold).toBe(false);
    kept.leaveLink({ leave: () => true });
    kept.leave({ leave: () => true }, ui, run);
    expect(kept.isTold).toBe(true);
    expect(ui.of("error")).toEqual([
      "The volume vol-1 is kept, as the build was aborted",
      "To continue:    outscale-chroot resume 0123456789ab",
      "To look inside: outscale-chroot shell 0123456789ab",
      "To remove it:   outscale-chroot cleanup 0123456789ab",
    ]);
  });

  it("names no shell for a volume that is not linked any more", () => {
    const ui = new RecordingUi();
    new KeptVolume({ onError: "abort", canResume: true }).leave({ leave: () => true }, ui, run);
    expect(ui.of("error").join("\n")).not.toContain("shell");
  });

  it("names resume only for runs that can be resumed", () => {
    const ui = new RecordingUi();
    new KeptVolume({ onError: "abort" }).leave({ leave: () => true }, ui, run);
    expect(ui.of("error").join("\n")).not.toContain("resume");
  });

  it("says nothing of a volume that has gone", () => {
    const kept = new KeptVolume({ onError: "abort" });
    const ui = new RecordingUi();
    kept.leave({ leave: () => false }, ui, run);
    expect([kept.isTold, ui.of("error")]).toEqual([false, []]);
  });
});
