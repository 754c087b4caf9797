import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { RootFolder } from "../../src/chroot/root-folder.ts";
import { mountImageFstab } from "../../src/host/mount-image-fstab.ts";
import { mountRoot } from "../../src/host/mount-root.ts";
import { hostView } from "../../src/host/mount-view.ts";
import { readMountinfo } from "../../src/host/mountinfo.ts";
import { unmountBelow } from "../../src/host/mounts.ts";
import { withReadOnlyMount } from "../../src/host/read-only-mount.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { bundle, Cleanup, makeExt4Device, run, tempFolder } from "../support/chroot/fixtures.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("chroot", "mkfs.ext4", "tune2fs", "losetup", "mount");
const cleanup = new Cleanup();
afterEach(() => cleanup.run());

describe("RootFolder.readText()", () => {
  it("does not wait for ever for what the image calls its fstab", async () => {
    const folder = await tempFolder(cleanup);
    symlinkSync("/proc/kmsg", join(folder, "fstab"));
    await bundle({ "root-folder": "src/chroot/root-folder.ts" }, folder);
    // In a process of its own: what hangs there hangs no test run.
    const script = `import { RootFolder } from "${folder}/root-folder.js";
      process.stdout.write(JSON.stringify(new RootFolder("/").readText("${folder}/fstab")));`;
    const argv = ["--input-type=module", "--eval", script];
    const { stdout } = await run(process.execPath, argv, { timeout: 300_000, killSignal: "SIGKILL" });
    expect(stdout).toBe('""');
  });
});

describe("mountRoot() and withReadOnlyMount()", () => {
  it("do not let the image's superblock take this machine down", async () => {
    const path = await makeExt4Device(cleanup);
    await run("tune2fs", ["-e", "panic", path]);
    const view = { ...hostView(hostRunner()), lookFolder: await tempFolder(cleanup) };
    const errorsOf = async (folder: string) => {
      const entry = (await readMountinfo()).find(({ mountPoint }) => mountPoint === folder);
      return [...(entry?.options ?? []), ...(entry?.superOptions ?? [])].filter((option) =>
        option.startsWith("errors="),
      );
    };
    const filesystem = { type: "ext4", uuid: "", label: "" };
    await withReadOnlyMount(view, { path, filesystem }, async (folder) => {
      expect(await errorsOf(folder)).toEqual(["errors=remount-ro"]);
    });
    const mountPath = await tempFolder(cleanup);
    cleanup.add(() => unmountBelow(mountPath, { view }));
    const root = { path, filesystem, number: 0, partition: undefined, foundBy: "single" } as const;
    await mountRoot({ view, lookView: view, root, mountPath, userOptions: [] });
    expect(await errorsOf(mountPath)).toEqual(["errors=remount-ro"]);
  });
});

describe("mountImageFstab()", () => {
  it("puts no other partition in the place of the image's root, where a link leads there", async () => {
    const path = await makeExt4Device(cleanup);
    const mountPath = await tempFolder(cleanup);
    const view = hostView(hostRunner());
    cleanup.add(() => unmountBelow(mountPath, { view }));
    symlinkSync("..", join(mountPath, "boot"));
    mkdirSync(join(mountPath, "etc"));
    writeFileSync(join(mountPath, "etc/fstab"), "UUID=u-2 /boot ext4 defaults 0 0\n");
    const files = new RootFolder(mountPath);
    const boot = { number: 2, path, partition: undefined, filesystem: { type: "ext4", uuid: "u-2", label: "" } };
    const root = { ...boot, number: 1, path: "/dev/null", foundBy: "single" } as const;
    const warnings: string[] = [];
    const mounted = await mountImageFstab({
      view,
      layout: { device: path, sizeBytes: 0, table: undefined, parts: [boot] },
      root,
      tree: files,
      resolveMountPoint: async (place) => `${mountPath}${files.resolve(place)}`,
      onWarning: (message) => warnings.push(message),
    });
    expect(mounted).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining("leads to its root")]);
    expect((await readMountinfo()).filter(({ mountPoint }) => mountPoint === mountPath)).toEqual([]);
  });
});
