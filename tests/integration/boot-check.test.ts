import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { checkBootSector, checkFilesystems } from "../../src/boot/check-filesystems.ts";
import { checkImage } from "../../src/boot/check-image.ts";
import { RootFolder } from "../../src/chroot/root-folder.ts";
import { readVolumeLayout } from "../../src/host/probe-filesystem.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { makeFutureExt4 } from "../support/disks/ext-features.ts";
import { makeFilesystem, writeSystem } from "../support/disks/loop-disk.ts";
import { createWorkbench, type Workbench } from "../support/disks/workbench.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const runner = hostRunner();
const TWO_PARTITIONS = "label: gpt\nsize=40M, name=first\nname=root\n";

requirePrograms(
  "sfdisk",
  "partx",
  "mkfs.ext4",
  "debugfs",
  "e2fsck",
)("boot check of a volume", () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await createWorkbench("boot-check");
  });
  afterEach(() => bench.dispose());

  it("checkImage() finds what the files refer to among the volume's own file systems", async () => {
    const device = await bench.addDisk(100, TWO_PARTITIONS);
    await readVolumeLayout(runner, device);
    await makeFilesystem("ext4", `${device}p2`, "-L", "system");
    const layout = await readVolumeLayout(runner, device);
    const root = layout.parts.find(({ number }) => number === 2);
    const mounted = await bench.mount(`${device}p2`);
    await writeSystem(mounted, `UUID=${root?.filesystem?.uuid} / ext4 defaults 0 1\nPARTLABEL=first none swap\n`);
    await mkdir(join(mounted, "boot/extlinux"), { recursive: true });
    for (const name of ["vmlinuz", "initrd.img"]) await writeFile(join(mounted, "boot", name), "x");
    const config = join(mounted, "boot/extlinux/extlinux.conf");
    const entry = "LABEL linux\nKERNEL /boot/vmlinuz\nINITRD /boot/initrd.img\nAPPEND ro ";
    const check = () =>
      checkImage({ files: new RootFolder(mounted), parts: layout.parts, builderDevices: [device] }).map(
        ({ what }) => what,
      );
    for (const good of ["LABEL=system", `PARTUUID=${root?.partition?.uuid}`, `UUID=${root?.filesystem?.uuid}`]) {
      await writeFile(config, `${entry}root=${good}\n`);
      expect(check()).toEqual([]);
    }
    await writeFile(config, `${entry}root=${device}p2\n`);
    expect(check()).toEqual([`root=${device}p2 is a device of the builder`]);
  });

  it("checkFilesystems() passes clean file systems, and shows what is wrong with a broken one", async () => {
    const device = await bench.addDisk(100, TWO_PARTITIONS);
    await readVolumeLayout(runner, device);
    await makeFilesystem("ext4", `${device}p2`);
    const { parts } = await readVolumeLayout(runner, device);
    expect(await checkFilesystems(parts, { runner })).toEqual([]);
    await runner.run(["debugfs", "-w", "-R", "clri <2>", `${device}p2`]);
    expect(await checkFilesystems(parts, { runner })).toMatchObject([
      { severity: "error", where: `${device}p2`, what: expect.stringMatching(/^e2fsck found errors .*[Rr]oot inode/) },
    ]);
  });

  it.each(["compat", "roCompat", "incompat"] as const)(
    "checkFilesystems() tells an e2fsck that is too old from a broken file system (%s)",
    async (set) => {
      const device = await bench.addDisk(64);
      await makeFutureExt4(device, set);
      const { parts } = await readVolumeLayout(runner, device);
      const what = /^the ext4 cannot be checked: this e2fsck is too old for a feature of it: FEATURE_/;
      const findings = await checkFilesystems(parts, { runner });
      expect(findings).toMatchObject([{ severity: "warning", where: device, what: expect.stringMatching(what) }]);
    },
  );

  it.each(["xfs", "btrfs"])("checkFilesystems() checks %s", async (type) => {
    const device = await bench.addDisk(400);
    await makeFilesystem(type, device);
    const { parts } = await readVolumeLayout(runner, device);
    expect(await checkFilesystems(parts, { runner })).toEqual([]);
    const file = await open(device, "r+");
    // The primary superblock alone: whatever the rest says, this is no file system in order.
    await file.write(Buffer.alloc(200, 0x5a), 0, 200, type === "xfs" ? 16 : 65_536 + 120);
    await file.close();
    expect(await checkFilesystems(parts, { runner })).toMatchObject([{ severity: "error", where: device }]);
  });

  it("checkFilesystems() says what it could not check", async () => {
    const part = { number: 0, path: "/dev/null", partition: undefined };
    const ext4 = { ...part, filesystem: { type: "ext4", uuid: "", label: "" } };
    const without = { ...runner, run: () => runner.run(["no-such-e2fsck"]) };
    expect(await checkFilesystems([ext4], { runner: without })).toMatchObject([
      { severity: "warning", what: "the ext4 was not checked: no-such-e2fsck is not installed" },
    ]);
    expect(await checkFilesystems([{ ...part, filesystem: undefined }], { runner })).toEqual([]);
  });

  it("checkBootSector() asks for a program in the first sector, or an ESP", async () => {
    const device = await bench.addDisk(100, TWO_PARTITIONS);
    const { parts } = await readVolumeLayout(runner, device);
    expect(await checkBootSector(device, parts)).toMatchObject([{ severity: "error", where: device }]);
    const file = await open(device, "r+");
    await file.write(Buffer.from([0xeb, 0x63, 0x90]), 0, 3, 0);
    await file.close();
    expect(await checkBootSector(device, parts)).toEqual([]);
    for (const script of ["label: gpt\ntype=U\n", "label: dos\ntype=ef\n"]) {
      const esp = await bench.addDisk(100, script);
      expect(await checkBootSector(esp, (await readVolumeLayout(runner, esp)).parts)).toEqual([]);
    }
  });
});
