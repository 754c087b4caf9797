import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { fakeImage, fakeRoot } from "../../../tests/support/builder/fake-image.ts";
import { LeftoverError } from "../../common/errors.ts";
import { cleanUpEarly } from "./early-cleanup.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const image = { image: fakeImage({ folder: "/mnt/image" }), root: fakeRoot(), rootOnly: 1 };

describe("cleanUpEarly()", () => {
  it("releases what is mounted, newest first, and leaves nothing for the end", async () => {
    await using fake = await fakeBuild();
    const released: string[] = [];
    for (const name of ["root", "/dev", "resolv.conf"]) fake.scope.defer(name, async () => void released.push(name));
    await cleanUpEarly(fake.build, { ...image, mounted: fake.scope });
    expect(released).toEqual(["resolv.conf", "/dev", "root"]);
    expect(fake.scope.size).toBe(0);
  });

  it("stops the build at what stays, and leaves it with all that is older to the end of the scope", async () => {
    await using fake = await fakeBuild();
    const released: string[] = [];
    fake.scope.defer("root", async () => void released.push("root"));
    fake.scope.defer("Unmounting /mnt/dev", async () => {
      throw new LeftoverError("busy", { leftovers: ["/mnt/dev, held by pid 1"] });
    });
    const failure = await cleanUpEarly(fake.build, { ...image, mounted: fake.scope }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ step: "StepEarlyCleanup", leftovers: ["/mnt/dev, held by pid 1"] });
    expect([released, fake.scope.size]).toEqual([[], 2]);
    expect(fake.ui.of("error")).toEqual(["Unmounting /mnt/dev failed: busy"]);
    await expect(fake.scope[Symbol.asyncDispose]()).rejects.toThrow("busy");
    expect(released).toEqual(["root"]);
  });

  it.each([
    ["what provisioning left running", 3],
    ["a lent file", 2],
    ["a mount", 1],
    ["the root", 0],
  ])("does again what it could not do when it is tried again: %s", async (_what, failing) => {
    await using fake = await fakeBuild({ config: { packer_on_error: "ask" } });
    fake.ui.answers.push("r");
    const released: string[] = [];
    const failures = ["not now"];
    for (const [index, name] of ["root", "/dev", "resolv.conf", "leftovers"].entries()) {
      fake.scope.defer(name, async () => {
        const failure = index === failing ? failures.shift() : undefined;
        if (failure !== undefined) throw new Error(failure);
        released.push(name);
      });
    }
    await cleanUpEarly(fake.build, { ...image, mounted: fake.scope });
    expect([released, failures, fake.scope.size]).toEqual([["leftovers", "resolv.conf", "/dev", "root"], [], 0]);
  });

  it("does not forget what is overwritten once it is unmounted, when that is tried again", async () => {
    const config = { packer_on_error: "ask", zero_free_space: true };
    await using fake = await fakeBuild({ config });
    const { folder, mountinfoPath } = fakeXfs(fake.folder);
    fake.scope.defer("root", async () => writeFileSync(mountinfoPath, ""));
    fake.ui.answers.push("r", "c");
    const opened = fakeImage({ folder });
    const links = { ...opened.links, device: "/nonexistent/xfs" };
    const onXfs = { ...opened, links, view: { ...opened.view, mountinfoPath } };
    const input = { ...image, mounted: fake.scope, image: onXfs };
    await expect(cleanUpEarly(fake.build, input)).rejects.toThrow("/nonexistent/xfs");
    expect([fake.ui.of("ask").length, fake.scope.size]).toEqual([2, 0]);
  });
});

/** A machine with xfs_db whose mount table has an xfs that cannot be overwritten. */
function fakeXfs(parent: string): { readonly folder: string; readonly mountinfoPath: string } {
  const [folder, programs, mountinfoPath] = [
    join(parent, "image"),
    join(parent, "programs"),
    join(parent, "mountinfo"),
  ];
  mkdirSync(programs);
  writeFileSync(join(programs, "xfs_db"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  vi.stubEnv("PATH", `${programs}:${process.env.PATH}`);
  writeFileSync(mountinfoPath, `40 1 7:1 / ${folder} rw - xfs /nonexistent/xfs rw\n`);
  return { folder, mountinfoPath };
}
