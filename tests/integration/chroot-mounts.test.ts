import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { chosenChrootMounts, type MountedImage, mountInImage } from "../../src/chroot/image-mounts.ts";
import { type Isolation, startSandbox } from "../../src/chroot/sandbox.ts";
import { assertDeviceNotInUse } from "../../src/host/device-in-use.ts";
import { unmountBelow } from "../../src/host/mounts.ts";
import { wrapRunner } from "../../src/host/run-local-commands.ts";
import {
  Cleanup,
  hostMountPoints,
  makeBusyboxRoot,
  makeExt4Device,
  run,
  tempFolder,
} from "../support/chroot/fixtures.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

interface TestImage extends MountedImage {
  readonly device: string;
  /** The image's root in our own view. */
  readonly root: string;
  unmount(): Promise<void>;
}

/** An ext4 with a busybox system, mounted in a sandbox. */
async function mountImage(isolation: Isolation): Promise<TestImage> {
  const device = await makeExt4Device(cleanup);
  const mountPath = await tempFolder(cleanup);
  const sandbox = await startSandbox({ isolation });
  cleanup.add(() => sandbox.stop());
  await sandbox.run(["mount", device, mountPath]);
  const { view } = sandbox;
  const unmount = async () => void (await unmountBelow(mountPath, { view }));
  cleanup.add(unmount);
  const root = sandbox.hostPath(mountPath);
  await makeBusyboxRoot(root);
  return { view, mountPath, device, root, unmount };
}

async function mountedInSandbox({ view, mountPath }: MountedImage): Promise<string[]> {
  const lines = readFileSync(view.mountinfoPath, "utf8").trim().split("\n");
  const points = lines.map((line) => line.split(" ")[4] ?? "");
  return points.filter((point) => point.startsWith(`${mountPath}/`)).map((point) => point.slice(mountPath.length));
}

const describe = requirePrograms("mount", "unshare", "losetup", "mkfs.ext4", "e2fsck");

describe("mountInImage()", () => {
  it.each<Isolation>(["private", "host"])(
    "mounts the default list and takes it down again, leaving image and host as they were, with %s isolation",
    async (isolation) => {
      const devBefore = await hostMountPoints("/dev");
      const image = await mountImage(isolation);
      const handles = [];
      for (const mount of chosenChrootMounts([])) handles.push(await mountInImage(image, mount));
      expect(await mountedInSandbox(image)).toEqual(expect.arrayContaining(["/proc", "/sys", "/dev", "/dev/pts"]));
      const shown = await image.view.runner.run([
        "chroot",
        image.mountPath,
        "/bin/sh",
        "-c",
        "ls -d /proc/1 /dev/full",
      ]);
      expect(shown.stdout).toBe("/dev/full\n/proc/1\n");
      // The devpts went on the image's copy of /dev, and not on the host's.
      expect(await hostMountPoints("/dev")).toEqual(devBefore);
      for (const handle of handles.reverse()) await handle.release();
      expect(await mountedInSandbox(image)).toEqual([]);
      await image.unmount();
      await assertDeviceNotInUse(image.device);
      expect(await hostMountPoints(image.mountPath)).toEqual([]);
      expect((await run("e2fsck", ["-fn", image.device])).stdout).not.toMatch(/recover|error/i);
    },
  );

  it("makes a missing place with 0755 and removes it again, unless something is in it", async () => {
    const image = await mountImage("private");
    const cache = await mountInImage(image, { fsType: "tmpfs", source: "tmpfs", target: "/var/cache/deep" });
    expect(statSync(join(image.root, "var/cache")).mode & 0o7777).toBe(0o755);
    await cache.release();
    expect(readdirSync(join(image.root, "var"))).toEqual(["lib"]);

    const other = await mountInImage(image, { fsType: "tmpfs", source: "tmpfs", target: "/var/cache/deep" });
    writeFileSync(join(image.root, "var/cache/provisioned"), "");
    await other.release();
    expect(readdirSync(join(image.root, "var/cache"))).toEqual(["provisioned"]);
  });

  it("mounts inside the image where its links point at the host, and unmounts that", async () => {
    const image = await mountImage("host");
    symlinkSync("/run", join(image.root, "data"));
    symlinkSync("../../../../../../run", join(image.root, "climb"));
    const first = await mountInImage(image, { fsType: "tmpfs", source: "tmpfs", target: "/data/x" });
    const second = await mountInImage(image, { fsType: "tmpfs", source: "tmpfs", target: "/climb/y" });
    expect([first.target, second.target]).toEqual(["/run/x", "/run/y"]);
    expect(await mountedInSandbox(image)).toEqual(["/run/x", "/run/y"]);
    await second.release();
    await first.release();
    expect(lstatSync(join(image.root, "data")).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(image.root, "run"))).toEqual([]);
    await image.unmount();
    expect(await hostMountPoints(image.mountPath)).toEqual([]);
  });

  it("unmounts what was mounted below, also after a folder above was renamed", async () => {
    const image = await mountImage("private");
    const handle = await mountInImage(image, { fsType: "tmpfs", source: "tmpfs", target: "/var/outer/inner" });
    mkdirSync(join(image.root, "var/outer/inner/nested"));
    await image.view.runner.run(["mount", "-t", "tmpfs", "tmpfs", `${image.mountPath}/var/outer/inner/nested`]);
    renameSync(join(image.root, "var/outer"), join(image.root, "var/renamed"));
    await handle.release();
    expect(await mountedInSandbox(image)).toEqual([]);
  });

  it("keeps bind mounts private: what is mounted in them does not show at their source", async () => {
    const image = await mountImage("host");
    const shared = await tempFolder(cleanup);
    await run("mount", ["--bind", "--make-shared", shared, shared]);
    cleanup.add(() => run("umount", ["--recursive", shared]));
    mkdirSync(join(shared, "sub"));
    const bound = await mountInImage(image, { fsType: "bind", source: shared, target: "/tmp/bound" });
    const nested = await mountInImage(image, { fsType: "tmpfs", source: "tmpfs", target: "/tmp/bound/sub" });
    expect(await hostMountPoints(shared)).toEqual([shared]);
    await nested.release();
    await bound.release();
  });

  it("works under a command wrapper, which passes the folder on", async () => {
    const image = await mountImage("private");
    const lines: string[] = [];
    const runner = wrapRunner(image.view.runner, (line) => {
      lines.push(line);
      return `env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin ${line}`;
    });
    const handle = await mountInImage(
      { ...image, view: { ...image.view, runner } },
      { fsType: "bind", source: "/dev", target: "/dev" },
    );
    expect(await mountedInSandbox(image)).toEqual(["/dev"]);
    await handle.release();
    expect(lines[0]).toBe("mount --no-canonicalize --bind /dev /proc/self/fd/0/.");
  });

  it("says what cannot be mounted and leaves nothing behind", async () => {
    const image = await mountImage("private");
    const message = /^Cannot mount "nothing" on "\/var\/x" in the image: mount: \/var\/x: .*does not exist/;
    await expect(mountInImage(image, { fsType: "nosuchfs", source: "nothing", target: "/var/x" })).rejects.toThrow(
      message,
    );
    await expect(
      mountInImage(image, { fsType: "bind", source: "/no/such/folder", target: "/var/x" }),
    ).rejects.toMatchObject({ code: "E_MOUNT" });
    expect(readdirSync(join(image.root, "var"))).toEqual(["lib"]);
    writeFileSync(join(image.root, "var/file"), "");
    await expect(mountInImage(image, { fsType: "tmpfs", source: "tmpfs", target: "/var/file/x" })).rejects.toThrow(
      '"/var/file/x" in the image',
    );
  });
});

describe("chosenChrootMounts()", () => {
  it("has binfmt_misc only where the host has it", () => {
    const targetsOf = (binfmtMisc: string) => chosenChrootMounts([], binfmtMisc).map(({ target }) => target);
    const basic = ["/proc", "/sys", "/dev", "/dev/pts"];
    expect(targetsOf("/nowhere")).toEqual(basic);
    expect(targetsOf("/")).toEqual([...basic, "/proc/sys/fs/binfmt_misc"]);
  });

  it("is what the template says, if it says anything", () => {
    const mounts = [{ fsType: "tmpfs", source: "none", target: "/run" }];
    expect(chosenChrootMounts(mounts, "/")).toBe(mounts);
  });
});
