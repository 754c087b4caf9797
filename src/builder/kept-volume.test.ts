import { describe, expect, it } from "vitest";
import { RecordingUi } from "../../tests/support/recording-ui.ts";
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
    expect(new KeptVolume(onError).staysAfter(failure, running)).toBe(stays);
  });

  it("follows the answer to ask", () => {
    const kept = new KeptVolume("ask");
    kept.want();
    expect(kept.staysAfter(failure, running)).toBe(true);
  });

  it("keeps nothing of a build that is cancelled", () => {
    const kept = new KeptVolume("abort");
    expect(kept.staysAfter(new CancelledError(), running)).toBe(false);
    expect(kept.staysAfter(failure, AbortSignal.abort())).toBe(false);
  });
});

describe("KeptVolume.tell()", () => {
  it("says what stays, and how to go on with it", () => {
    const kept = new KeptVolume("abort");
    const ui = new RecordingUi();
    expect(kept.isTold).toBe(false);
    kept.tell(ui, { runId: "0123456789ab", volumeId: "vol-1" });
    expect(kept.isTold).toBe(true);
    expect(ui.of("error")).toEqual([
      "The volume vol-1 stays as it is, as the build was to be aborted",
      "To look inside: outscale-chroot shell 0123456789ab",
      "To remove it:   outscale-chroot cleanup 0123456789ab",
    ]);
  });
});
