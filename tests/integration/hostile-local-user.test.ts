import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { makeMountFolder } from "../../src/builder/mount-folder.ts";
import { hostView } from "../../src/host/mount-view.ts";
import { withReadOnlyMount } from "../../src/host/read-only-mount.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { Cleanup, makeExt4Device, run, tempFolder } from "../support/chroot/fixtures.ts";
import { requirePrograms } from "../support/requirements.ts";

const describe = requirePrograms("mkfs.ext4", "losetup", "mount");
const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** What somebody without rights on this machine sees. */
function asNobody(...argv: readonly [string, ...string[]]) {
  const [program, ...rest] = argv;
  return run(program, rest, { uid: 65_534, gid: 65_534, cwd: "/" });
}

describe("withReadOnlyMount()", () => {
  it("shows nobody else the file system, also where the host sees its mount", async () => {
    const path = await makeExt4Device(cleanup);
    const target = await tempFolder(cleanup);
    await run("mount", [path, target]);
    mkdirSync(join(target, "public"), { mode: 0o755 });
    await run("umount", [target]);
    const place = { path, filesystem: { type: "ext4", uuid: "", label: "" } };
    await withReadOnlyMount(hostView(hostRunner()), place, async (folder) => {
      expect((await run("ls", [folder])).stdout).toContain("public");
      await expect(asNobody("ls", folder)).rejects.toThrow("Permission denied");
    });
  });
});

describe("makeMountFolder()", () => {
  const mounted = {
    acquire: () => Promise.reject(new Error("nothing is to be made")),
    defer: () => {
      throw new Error("nothing is to be used");
    },
  };

  it("mounts on no path that somebody else can take away", async () => {
    const path = join(await tempFolder(cleanup), "theirs/image");
    mkdirSync(path, { recursive: true });
    chownSync(path, 65_534, 65_534);
    await expect(makeMountFolder(mounted, path)).rejects.toThrow("user 65534 owns it");
    chownSync(path, 0, 0);
    chmodSync(dirname(path), 0o777);
    await expect(makeMountFolder(mounted, path)).rejects.toThrow("everybody may write to it");
    await expect(makeMountFolder(mounted, join(path, "missing/too"))).rejects.toThrow("everybody may write to it");
    // As in /tmp: there it is nobody's to rename but its owner's.
    chmodSync(dirname(path), 0o1777);
    await expect(makeMountFolder(mounted, path)).rejects.toThrow("nothing is to be used");
  });
});
