import { describe, expect, it } from "vitest";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { waitProgress } from "./wait-progress.ts";

describe("waitProgress()", () => {
  it("tells how a wait goes under the step that began it, whatever runs when the news comes", async () => {
    await using fake = await fakeBuild();
    const leave = fake.build.currentStep.enter("StepSnapshot");
    const tell = waitProgress(fake.build, "the snapshot snap-1");
    leave();
    tell({ state: "pending", percent: 40, elapsedMs: 1_000, timeoutMs: 60_000 });
    const news = { subject: "the snapshot snap-1", state: "pending", percent: 40, elapsedMs: 1_000, timeoutMs: 60_000 };
    expect(fake.events).toEqual([{ type: "progress", step: "StepSnapshot", ...news }]);
  });
});
