import { describe, expect, it } from "vitest";
import { fakeBuild } from "../../tests/support/builder/fake-build.ts";
import { CancelledError, ConfigError } from "../common/errors.ts";
import type { Build } from "./build.ts";
import { folderKind } from "./resources/folder.ts";
import { step } from "./step.ts";

const problem = () => new ConfigError([{ option: "x", message: "is wrong" }]);

describe("step()", () => {
  it("tells when it begins and ends, and how, and is the current one meanwhile", async () => {
    await using fake = await fakeBuild();
    let current: unknown;
    const good = step("StepSnapshot", async ({ currentStep }: Build, value: number) => {
      current = currentStep.name;
      return value * 2;
    });
    expect(await good(fake.build, 21)).toBe(42);
    expect([current, fake.build.currentStep.name]).toEqual(["StepSnapshot", undefined]);
    const bad = step("StepCreateOMI", async () => {
      throw problem();
    });
    await expect(bad(fake.build)).rejects.toMatchObject({ step: "StepCreateOMI" });
    expect(fake.events).toMatchObject([
      { type: "step-started", step: "StepSnapshot" },
      { type: "step-ended", step: "StepSnapshot", outcome: "done" },
      { type: "step-started", step: "StepCreateOMI" },
      { type: "step-ended", step: "StepCreateOMI", outcome: "failed" },
    ]);
  });

  it("does not begin in a build that is cancelled", async () => {
    await using fake = await fakeBuild();
    fake.controller.abort();
    let runs = 0;
    const counted = step("StepSnapshot", async () => void runs++);
    await expect(counted(fake.build)).rejects.toThrow(CancelledError);
    expect([runs, fake.events]).toEqual([0, []]);
  });

  it("pauses after itself in a build that is debugged", async () => {
    await using fake = await fakeBuild({ config: { packer_debug: true } });
    await step("StepSnapshot", async () => undefined)(fake.build);
    expect(fake.ui.of("ask")).toEqual([expect.stringContaining("outscale-chroot shell 0123456789ab")]);
  });

  it("is tried again when the person wants it, from where it began", async () => {
    await using fake = await fakeBuild({ config: { packer_on_error: "ask" } });
    fake.ui.answers.push("?", "r");
    let tries = 0;
    const path = `${fake.folder}/mnt`;
    const flaky = step("StepMountDevice", async () => {
      await fake.scope.acquire(folderKind, { path }, async () => path);
      if (++tries === 1) throw problem();
      return tries;
    });
    expect(await flaky(fake.build)).toBe(2);
    expect(fake.ui.of("ask")).toHaveLength(2);
    expect(fake.scope.size).toBe(1);
    expect(fake.entries().map(({ type }) => type)).toEqual(["intent", "result", "released", "intent", "result"]);
  });

  it.each([
    ["a", true],
    ["c", false],
  ])("answers %s: the volume of the failed build stays: %s", async (answer, stays) => {
    await using fake = await fakeBuild({ config: { packer_on_error: "ask" } });
    fake.ui.answers.push(answer);
    const failing = step("StepMountDevice", async () => {
      throw problem();
    });
    const error = await failing(fake.build).catch((thrown: unknown) => thrown);
    expect(fake.build.keptVolume.staysAfter(error, fake.build.signal)).toBe(stays);
  });
});
