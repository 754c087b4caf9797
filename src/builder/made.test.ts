import { describe, expect, it } from "vitest";
import { FakeClock } from "../../tests/support/outscale/fake-clock.ts";
import { jumpingClock } from "../../tests/support/outscale/scripted-api.ts";
import { RecordingUi } from "../../tests/support/terminal/recording-ui.ts";
import { CancelledError } from "../common/errors.ts";
import { UNSEEN_MS } from "../outscale/unseen.ts";
import { readMade } from "./made.ts";

function setUp(answers: readonly (string | undefined)[]) {
  const clock = jumpingClock();
  const ui = new RecordingUi();
  const left = [...answers];
  const { signal } = new AbortController();
  let reads = 0;
  const read = async () => {
    reads += 1;
    return left.shift();
  };
  const startedAt = clock.now();
  return {
    find: (wasSeen = false, madeAt = startedAt) =>
      readMade({ clock, ui, signal }, { what: "it", madeAt, wasSeen }, read),
    passedMs: () => clock.now() - startedAt,
    reads: () => reads,
    said: () => ui.lines.filter((line) => line.includes("may still do so")),
    startedAt,
  };
}

describe("readMade()", () => {
  it("asks once for what is there", async () => {
    const test = setUp(["there"]);
    expect(await test.find()).toBe("there");
    expect([test.reads(), test.said()]).toEqual([1, []]);
  });

  it("finds what comes to be seen later, and says once what it waits for", async () => {
    const test = setUp([undefined, undefined, undefined, "there"]);
    expect(await test.find()).toBe("there");
    expect([test.reads(), test.said().length]).toEqual([4, 1]);
  });

  it("knows that it was never made, or is gone, when it could no longer be unseen", async () => {
    const test = setUp([]);
    expect(await test.find()).toBeUndefined();
    expect(test.passedMs()).toBe(UNSEEN_MS);
  });

  it("knows at once that what was seen is gone, or was made too long ago", async () => {
    const seen = setUp([]);
    expect(await seen.find(true)).toBeUndefined();
    const old = setUp([]);
    expect(await old.find(false, old.startedAt - UNSEEN_MS)).toBeUndefined();
    expect([seen.reads(), old.reads()]).toEqual([1, 1]);
  });

  it("says nothing of what it could not find out in its time", async () => {
    const clock = new FakeClock();
    const deadline = new AbortController();
    const given = { what: "it", madeAt: clock.now() };
    const looking = readMade({ clock, ui: new RecordingUi(), signal: deadline.signal }, given, async () => undefined);
    deadline.abort(new CancelledError("The clean-up took too long"));
    await expect(clock.run(looking)).rejects.toThrow("took too long");
  });
});
