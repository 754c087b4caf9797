import { describe, expect, it } from "vitest";
import { plainJob } from "../../../tests/support/fleet/own-queue.ts";
import { silentQueue } from "../../../tests/support/fleet/silent-queue.ts";
import { RecordingUi } from "../../../tests/support/terminal/recording-ui.ts";
import { showLogs } from "./show-logs.ts";

describe("showLogs() of a queue that does not answer", () => {
  it.each([
    [true, 0, "subscribe"],
    [true, 1, "xrange"],
    [true, 2, "result"],
    [true, 3, "standing"],
    [false, 0, "xrange"],
    [false, 1, "result"],
  ])("ends at once when somebody stops it (follow: %j, after %d answers: %s)", async (follow, answers, waitsFor) => {
    const { queue, asked, isSilent } = silentQueue(answers);
    const stop = new AbortController();
    const input = { follow, signal: stop.signal, clock: { now: () => 0 } };
    const showing = showLogs({ queue, job: plainJob() }, { ui: new RecordingUi() }, input);
    await isSilent;
    expect(asked.at(-1)).toBe(waitsFor);
    stop.abort();
    expect(await showing).toBeUndefined();
  });
});
