import { describe, expect, it } from "vitest";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { fakeImage } from "../../../tests/support/builder/fake-image.ts";
import { recordingRunner } from "../../../tests/support/builder/recording-runner.ts";
import { CancelledError } from "../../common/errors.ts";
import { runPostMountCommands } from "./post-mount-commands.ts";

const config = { post_mount_commands: ["debootstrap bookworm {{.MountPath}}", "blkid {{.Device}}1"] };

describe("runPostMountCommands()", () => {
  it("runs nothing where nothing is asked for", async () => {
    await using fake = await fakeBuild();
    const runner = recordingRunner();
    await runPostMountCommands(fake.build, fakeImage({ folder: "/mnt/image", runner }));
    expect([runner.lines, fake.ui.lines]).toEqual([[], []]);
  });

  it("runs each line in a shell of its own, with the device and the mount path", async () => {
    await using fake = await fakeBuild({ config });
    const runner = recordingRunner((line) => (line.includes("blkid") ? { stdout: "ext4\n" } : undefined));
    await runPostMountCommands(fake.build, fakeImage({ folder: "/mnt/image", runner }));
    expect(runner.lines).toEqual([
      "/bin/sh -c 'debootstrap bookworm /mnt/image'",
      "/bin/sh -c 'blkid /run/links/xvdf1'",
    ]);
    expect(fake.ui.lines).toEqual([
      "say: Running the post-mount commands...",
      "say: Executing command: debootstrap bookworm /mnt/image",
      "say: Executing command: blkid /run/links/xvdf1",
      "message: ext4",
    ]);
  });

  it("stops at the first that fails", async () => {
    await using fake = await fakeBuild({ config });
    const runner = recordingRunner(() => ({ exitCode: 1 }));
    const image = fakeImage({ folder: "/mnt/image", runner });
    await expect(runPostMountCommands(fake.build, image)).rejects.toMatchObject({ step: "StepPostMountCommands" });
    expect(runner.lines).toHaveLength(1);
  });

  it("begins none in a build that is cancelled", async () => {
    await using fake = await fakeBuild({ config });
    const runner = recordingRunner(() => {
      fake.controller.abort();
      return undefined;
    });
    const image = fakeImage({ folder: "/mnt/image", runner });
    await expect(runPostMountCommands(fake.build, image)).rejects.toThrow(CancelledError);
    expect(runner.lines).toHaveLength(1);
  });
});
