import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { fakeImage, fakeRoot } from "../../../tests/support/builder/fake-image.ts";
import { BootCheckError } from "../../boot/boot-check-error.ts";
import { checkBootFiles, judge } from "./boot-check.ts";

/** An image without a kernel. */
const withoutKernel = (folder: string) => {
  mkdirSync(join(folder, "etc"));
  writeFileSync(join(folder, "etc/os-release"), "ID=debian\n");
  return { image: fakeImage({ folder }), root: fakeRoot() };
};

describe("checkBootFiles()", () => {
  it("warns of what keeps the image from booting, and goes on", async () => {
    await using fake = await fakeBuild({ config: { boot_check: "warn" } });
    await checkBootFiles(fake.build, withoutKernel(fake.folder));
    expect(fake.warnings()).toContainEqual(expect.stringMatching(/^Boot check: .*the image has no kernel/));
  });

  it("stops the build with boot_check = strict", async () => {
    await using fake = await fakeBuild({ config: { boot_check: "strict" } });
    const failure = checkBootFiles(fake.build, withoutKernel(fake.folder));
    await expect(failure).rejects.toMatchObject({ step: "StepBootCheck", exitCode: 13 });
    expect(fake.warnings()).toContainEqual(expect.stringContaining("the image has no kernel"));
  });

  it("does not look with boot_check = off", async () => {
    await using fake = await fakeBuild({ config: { boot_check: "off" } });
    await checkBootFiles(fake.build, { image: fakeImage({ folder: "/nonexistent" }), root: fakeRoot() });
    expect([fake.ui.lines, fake.warnings()]).toEqual([[], []]);
  });
});

describe("judge()", () => {
  it("has nothing to say without a finding, also when it is strict", async () => {
    await using fake = await fakeBuild({ config: { boot_check: "strict" } });
    expect(() => judge(fake.build, [])).not.toThrow();
    expect(() => judge(fake.build, [{ severity: "warning", what: "a doubt", where: "/boot" }])).toThrow(BootCheckError);
  });
});
