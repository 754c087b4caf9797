import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sourceOmi } from "../../../tests/support/builder/api-objects.ts";
import { type FakeBuildOptions, fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { fakeImage, fakeRoot } from "../../../tests/support/builder/fake-image.ts";
import { type Answer, recordingRunner } from "../../../tests/support/builder/recording-runner.ts";
import { BootCheckError } from "../../boot/boot-check-error.ts";
import { testBoot } from "./boot-test.ts";

/** A build whose volume is a file: with a boot program in its first sector, or without. */
async function bench(
  options: FakeBuildOptions,
  { hasProgram = true, answer = (_line: string): Answer | undefined => undefined } = {},
) {
  const fake = await fakeBuild(options);
  const runner = recordingRunner(answer);
  const device = join(fake.folder, "volume");
  writeFileSync(device, Buffer.alloc(512, hasProgram ? 0xfa : 0));
  const image = fakeImage({ folder: fake.folder, runner });
  const linked = { image: { ...image, links: { ...image.links, device } }, linked: fake.scope };
  const input = { ...linked, root: fakeRoot(), source: sourceOmi(), bootFiles: undefined };
  return { ...fake, runner, input };
}

describe("testBoot()", () => {
  it("checks the file systems and the boot program of the volume, and boots nothing unless asked", async () => {
    await using fake = await bench({});
    await testBoot(fake.build, fake.input);
    expect(fake.runner.lines).toEqual(["e2fsck -fn /dev/null"]);
    expect(fake.warnings()).toEqual([]);
  });

  it("warns of trouble in a file system, and of a volume that nothing starts from", async () => {
    const answer = () => ({ exitCode: 4, stdout: "Inode 12 is broken\n" });
    await using fake = await bench({}, { hasProgram: false, answer });
    await testBoot(fake.build, fake.input);
    expect(fake.warnings()).toHaveLength(2);
    expect(fake.warnings()[0]).toContain("e2fsck found errors in the ext4 (exit code 4): Inode 12 is broken");
  });

  it("stops the build for either with boot_check = strict", async () => {
    await using fake = await bench({ config: { boot_check: "strict" } }, { hasProgram: false });
    await expect(testBoot(fake.build, fake.input)).rejects.toThrow(BootCheckError);
  });

  it("looks at nothing with boot_check = off", async () => {
    await using fake = await bench({ config: { boot_check: "off" } }, { hasProgram: false });
    await testBoot(fake.build, fake.input);
    expect([fake.runner.lines, fake.warnings()]).toEqual([[], []]);
  });

  it("boots the volume read-only, and stops the build when the guest ends without the pattern", async () => {
    const config = { boot_check: "off", boot_test: { pattern: "login:", memory: 256 } };
    await using fake = await bench({ config }, { answer: () => ({ exitCode: 1, stderr: "no such machine\n" }) });
    const failure = testBoot(fake.build, fake.input);
    await expect(failure).rejects.toMatchObject({ step: "StepBootTest", code: "E_BOOT_CHECK" });
    const guest = fake.runner.lines.find((line) => line.includes(`file=${fake.input.image.links.device}`));
    expect(guest).toContain("-m 256");
    expect(guest).toMatch(/snapshot=on|-snapshot/);
  });
});
