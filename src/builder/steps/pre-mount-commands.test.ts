import { describe, expect, it } from "vitest";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { fakeImage } from "../../../tests/support/builder/fake-image.ts";
import { recordingRunner } from "../../../tests/support/builder/recording-runner.ts";
import { CommandError } from "../../host/command-error.ts";
import { runPreMountCommands } from "./pre-mount-commands.ts";

describe("runPreMountCommands()", () => {
  it("runs nothing where nothing is asked for", async () => {
    await using fake = await fakeBuild();
    const runner = recordingRunner();
    await runPreMountCommands(fake.build, fakeImage({ folder: fake.folder, runner }));
    expect([runner.lines, fake.ui.lines]).toEqual([[], []]);
  });

  it("gives a line the device under a name that takes partition numbers, inside the wrapper", async () => {
    await using fake = await fakeBuild({ config: { pre_mount_commands: ["mkfs.ext4 {{.Device}}1"] } });
    const runner = recordingRunner(() => ({ exitCode: 1 }));
    const image = fakeImage({ folder: fake.folder, runner, wrapper: "nice" });
    await expect(runPreMountCommands(fake.build, image)).rejects.toThrow(CommandError);
    expect(runner.lines).toEqual(["/bin/sh -c 'nice mkfs.ext4 /run/links/xvdf1'"]);
  });

  it("stops at the first line that fails, and shows what it said", async () => {
    await using fake = await fakeBuild({ config: { pre_mount_commands: ["false", "true"] } });
    const runner = recordingRunner(() => ({ exitCode: 3, stderr: "no such disk\n" }));
    const image = fakeImage({ folder: fake.folder, runner });
    await expect(runPreMountCommands(fake.build, image)).rejects.toMatchObject({ step: "StepPreMountCommands" });
    expect(runner.lines).toEqual(["/bin/sh -c false"]);
    expect(fake.ui.lines).toContain("message: no such disk");
  });

  it("reads the partitions again after each line: what is no disk any more is told", async () => {
    await using fake = await fakeBuild({ config: { pre_mount_commands: ["true"] } });
    const image = fakeImage({ folder: fake.folder }); // its device is no block device
    await expect(runPreMountCommands(fake.build, image)).rejects.toThrow('"/dev/null" is not a block device');
  });
});
