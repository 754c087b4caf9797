import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { hostView } from "../../src/host/mount-view.ts";
import { withPeek } from "../../src/host/peek.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { requirePrograms } from "../support/requirements.ts";
import { Cleanup, makeExt4Device, run, tempFolder } from "./chroot-fixtures.ts";

const describe = requirePrograms("mkfs.ext4", "losetup", "mount");
const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** What somebody without rights on this machine sees. */
function asNobody(...argv: readonly [string, ...string[]]) {
  const [program, ...rest] = argv;
  return run(program, rest, { uid: 65_534, gid: 65_534, cwd: "/" });
}

describe("withPeek()", () => {
  it("shows nobody else the file system, also where the host sees its mount", async () => {
    const path = await makeExt4Device(cleanup);
    const target = await tempFolder(cleanup);
    await run("mount", [path, target]);
    mkdirSync(join(target, "public"), { mode: 0o755 });
    await run("umount", [target]);
    const place = { path, filesystem: { type: "ext4", uuid: "", label: "" } };
    await withPeek(hostView(hostRunner()), place, async (folder) => {
      expect((await run("ls", [folder])).stdout).toContain("public");
      await expect(asNobody("ls", folder)).rejects.toThrow("Permission denied");
    });
  });
});
