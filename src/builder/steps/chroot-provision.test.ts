import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { fakeImage, fakeRoot } from "../../../tests/support/builder/fake-image.ts";
import { recordingRunner } from "../../../tests/support/builder/recording-runner.ts";
import { generatedData as data } from "../../../tests/support/provisioners/provisioning.ts";
import { CancelledError, ProvisionError } from "../../common/errors.ts";
import type { Hook, ProvisionInput } from "../hook.ts";
import type { ImageSandbox } from "../open-image.ts";
import { provision } from "./chroot-provision.ts";

const failing = async () => {
  throw new ProvisionError("the script failed");
};

describe("provision()", () => {
  it("gives the hook the image: commands in it, commands beside it, and where it is", async () => {
    const seen: ProvisionInput[] = [];
    const hook: Hook = {
      provision: async (input) => {
        seen.push(input);
        await input.communicator.start({ command: "true" });
        await input.local.run(["lsblk"]);
      },
    };
    await using fake = await fakeBuild({ hook, config: { chroot_environment: { LANG: "C" } } });
    const runner = recordingRunner();
    await provision(fake.build, {
      image: fakeImage({ folder: "/mnt/image", runner }),
      root: fakeRoot(),
      data,
      mounted: fake.scope,
      scriptFolder: "/tmp",
    });
    expect(runner.lines).toEqual([expect.stringContaining("chroot /mnt/image /bin/sh -c true"), "lsblk"]);
    expect(seen[0]).toMatchObject({ data, rootPath: "/mnt/image" });
  });

  it("lets nothing of the image run beside a program of this machine, or on what that has mounted as it is", async () => {
    const order: string[] = [];
    const note = (what: string) => void order.push(what);
    const runner = recordingRunner((line) => {
      note(line);
      return undefined;
    });
    const image = fakeImage({ folder: "/mnt/image", runner });
    const container: ImageSandbox = {
      ...(await image.startContainer(fakeRoot().layout)),
      stopLeftovers: async () => {
        note("stop");
        return [];
      },
      restrictMounts: async () => note("restrict"),
    };
    const hook: Hook = {
      provision: async ({ local }) => {
        await local.run(["mount", "/mnt/image/var"]);
        await (await local.spawn(["mount", "/mnt/image/opt"])).exited;
      },
    };
    await using fake = await fakeBuild({ hook });
    const input = { root: fakeRoot(), data, mounted: fake.scope, scriptFolder: "/tmp" };
    await provision(fake.build, { image: { ...image, startContainer: async () => container }, ...input });
    const expected = ["stop", "mount /mnt/image/var", "restrict", "stop", "mount /mnt/image/opt", "restrict"];
    expect(order).toEqual(expected);
  });

  it("stops what was left running when the scope ends, and names it", async () => {
    await using fake = await fakeBuild();
    const image = fakeImage({ folder: "/mnt/image", leftovers: [{ pid: 812, command: "sleep 999" }] });
    await provision(fake.build, { image, root: fakeRoot(), data, mounted: fake.scope, scriptFolder: "/tmp" });
    expect(fake.warnings()).toEqual([]);
    await fake.scope[Symbol.asyncDispose]();
    const warning = "Provisioning left processes running, which were stopped: pid 812 (sleep 999)";
    expect(fake.warnings()).toEqual([warning]);
  });

  it("makes temporary folders that the scope holds, in the journal", async () => {
    let path = "";
    const hook: Hook = {
      provision: async ({ makeTemporaryFolder }) => {
        path = (await makeTemporaryFolder("packer-shell-")).path;
      },
    };
    await using fake = await fakeBuild({ hook });
    await provision(fake.build, {
      image: fakeImage({ folder: "/mnt/image" }),
      root: fakeRoot(),
      data,
      mounted: fake.scope,
      scriptFolder: "/tmp",
    });
    expect(existsSync(path)).toBe(true);
    expect(fake.entries().filter(({ type }) => type !== "sandbox")).toMatchObject([
      { type: "intent", kind: "temporary-folder", intent: { path } },
      { id: path },
    ]);
    await fake.scope[Symbol.asyncDispose]();
    expect([existsSync(path), fake.build.journal.hasOpenResources]).toEqual([false, false]);
  });

  it("runs the error-cleanup provisioner after a failure, and tells that failure", async () => {
    let cleanUps = 0;
    const cleanupProvision = async () => {
      cleanUps++;
      throw new Error("the cleanup failed, too");
    };
    await using fake = await fakeBuild({ hook: { provision: failing, cleanupProvision } });
    const input = {
      image: fakeImage({ folder: "/mnt/image" }),
      root: fakeRoot(),
      data,
      mounted: fake.scope,
      scriptFolder: "/tmp",
    };
    await expect(provision(fake.build, input)).rejects.toMatchObject({
      message: "the script failed",
      step: "StepChrootProvision",
    });
    expect(cleanUps).toBe(1);
    expect(fake.ui.of("error")).toEqual(["The error-cleanup provisioner failed: the cleanup failed, too"]);
  });

  it("leaves the image as the failure left it with on_error = abort", async () => {
    let cleanUps = 0;
    const cleanupProvision = async () => void cleanUps++;
    const hook = { provision: failing, cleanupProvision };
    await using fake = await fakeBuild({ hook, config: { packer_on_error: "abort" } });
    const input = {
      image: fakeImage({ folder: "/mnt/image" }),
      root: fakeRoot(),
      data,
      mounted: fake.scope,
      scriptFolder: "/tmp",
    };
    await expect(provision(fake.build, input)).rejects.toThrow("the script failed");
    expect(cleanUps).toBe(0);
  });

  it("lets the error-cleanup provisioner of a cancelled build work, with folders of its own", async () => {
    const cancelled = async () => {
      fake.controller.abort();
      throw new CancelledError();
    };
    const seen: boolean[] = [];
    const cleanupProvision = async ({ signal, makeTemporaryFolder }: ProvisionInput) => {
      const folder = await makeTemporaryFolder("packer-shell-");
      seen.push(signal.aborted, existsSync(folder.path));
      await folder.remove();
    };
    await using fake = await fakeBuild({ hook: { provision: cancelled, cleanupProvision } });
    const input = {
      image: fakeImage({ folder: "/mnt/image" }),
      root: fakeRoot(),
      data,
      mounted: fake.scope,
      scriptFolder: "/tmp",
    };
    await expect(provision(fake.build, input)).rejects.toThrow(CancelledError);
    expect(seen).toEqual([false, true]);
  });
});
