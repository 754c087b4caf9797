import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { makeMountFolder } from "../../src/builder/mount-folder.ts";
import { hostView } from "../../src/host/mount-view.ts";
import { withReadOnlyMount } from "../../src/host/read-only-mount.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { runProgram } from "../../src/run-program.ts";
import { Cleanup, makeExt4Device, run, tempFolder } from "../support/chroot/fixtures.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";

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
    const view = { ...hostView(hostRunner()), lookFolder: await tempFolder(cleanup) };
    await withReadOnlyMount(view, place, async (folder) => {
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

describe("a person who is not root", () => {
  /** Runs a command as somebody without rights. */
  async function typed(argv: readonly string[], env: NodeJS.ProcessEnv) {
    const io = recordingIo({ env });
    process.seteuid?.(65_534);
    try {
      return { exitCode: await runProgram(argv, io), ...io.written };
    } finally {
      process.seteuid?.(0);
    }
  }

  it.each([
    "local-cloud images",
    "local-cloud status",
    "local-cloud export web web.raw",
    "local-cloud stop",
    "local-cloud env",
    "local-cloud reset",
    "cleanup",
    "cleanup -dry-run",
    "shell 0a1b2c3d4e5f",
  ])("is told by `%s` that it needs root", async (command) => {
    const folder = await tempFolder(cleanup);
    const cloud = join(folder, "cloud");
    mkdirSync(cloud, { mode: 0o700 });
    writeFileSync(join(cloud, "accounts.json"), "{}");
    chmodSync(folder, 0o755);
    const env = { OUTSCALE_CHROOT_STATE: folder, OUTSCALE_CHROOT_LOCAL_CLOUD: cloud };
    const { exitCode, stdout, stderr } = await typed(command.split(" "), env);
    expect(stderr).toMatch(/^Error: .* needs root/);
    expect(stderr).toMatch(/^ {2}hint +Run it with sudo$/m);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  });

  it.each(["local-cloud images", "local-cloud env"])("is told by `%s` where root's clouds are", async (command) => {
    const env = { OUTSCALE_CHROOT_LOCAL_CLOUD: "/nowhere/cloud" };
    const { exitCode, stderr } = await typed(command.split(" "), env);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining("run it with sudo") });
  });
});
