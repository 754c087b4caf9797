import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RootFolder } from "../../src/chroot/root-folder.ts";
import { DeviceError } from "../../src/common/errors.ts";
import { findRoot, type RootPart } from "../../src/host/find-root.ts";
import { mountImageFstab } from "../../src/host/mount-image-fstab.ts";
import { mountRoot } from "../../src/host/mount-root.ts";
import { hostView } from "../../src/host/mount-view.ts";
import { unmountBelow } from "../../src/host/mounts.ts";
import { readVolumeLayout, type VolumeLayout } from "../../src/host/probe-filesystem.ts";
import { requireSystem } from "../../src/host/require-system.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { craftSignature } from "../support/disks/crafted-signatures.ts";
import { makeFutureExt4 } from "../support/disks/ext-features.ts";
import { makeFilesystem, writeSystem } from "../support/disks/loop-disk.ts";
import { createWorkbench, type Workbench } from "../support/disks/workbench.ts";
import { readLedger } from "../support/suite/ledger.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const runner = hostRunner();
const view = hostView(runner);
const LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";
const ROOT_X86 = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709";
const ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";
const BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649";
const SRV = "3B8F8425-20E0-4F3B-907F-1A25A76F98E8";
const HOME = "933AC7E1-2EB4-4F13-B844-0E14E2AEF915";
const XBOOTLDR = "BC13C2FF-59E6-4262-A352-B275FD6F7172";

requirePrograms(
  "sfdisk",
  "partx",
  "blkid",
  "mkfs.xfs",
  "mkfs.btrfs",
  "mkfs.vfat",
)("host: layouts of real images", () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await createWorkbench("host-layouts");
  });
  afterEach(async () => {
    await bench.dispose();
    expect(await readLedger(bench.folder)).toEqual({ mounts: [], loops: [] });
  });

  const lookView = () => ({ ...view, lookFolder: bench.lookFolder });
  const fill = async (device: string, write: (folder: string) => Promise<void>): Promise<void> => {
    const folder = await bench.mount(device);
    await write(folder);
    await bench.unmount(folder);
  };
  const uuidOf = async (path: string) =>
    (await runner.run(["blkid", "-p", "-s", "UUID", "-o", "value", path])).stdout.trim();
  const rootOf = async (layout: VolumeLayout, requested?: string) =>
    findRoot({ view: lookView(), layout, requested, fromScratch: false });

  /** Mounts what a build would, and gives the mount points relative to the root with what they came from. */
  async function mountAll(device: string): Promise<{ tree: string; mounted: string[]; warnings: string[] }> {
    const layout = await readVolumeLayout(runner, device);
    const root = await rootOf(layout);
    const tree = join(bench.folder, "root");
    await mkdir(tree);
    await mountRoot({ view, lookView: lookView(), root, mountPath: tree, userOptions: [] });
    const warnings: string[] = [];
    const mounts = await mountImageFstab({
      view,
      layout,
      root,
      tree: new RootFolder(tree),
      resolveMountPoint: async (path) => {
        await mkdir(join(tree, path), { recursive: true });
        return join(tree, path);
      },
      onWarning: (message) => warnings.push(message),
    });
    const mounted = mounts.map(({ mountPoint, source, options }) => {
      return `${mountPoint} ${source.replace(device, "")} ${options.join(",")}`;
    });
    return { tree, mounted, warnings };
  }

  test("findRoot() takes a whole-device ext4", async () => {
    const device = await bench.addDisk(64);
    await makeFilesystem("ext4", device);
    const layout = await readVolumeLayout(runner, device);
    expect(layout.table).toBeUndefined();
    expect(await rootOf(layout)).toMatchObject({
      number: 0,
      path: device,
      foundBy: "single",
      filesystem: { type: "ext4" },
    });
    expect(await rootOf(layout, "0")).toMatchObject({ number: 0, foundBy: "option" });
    await expect(rootOf(layout, "1")).rejects.toThrow("has no partition 1; it has 0: ext4");
  });

  test.each(['a b"c$é\\d', "x'y=z", "ünï"])("readVolumeLayout() reads the label %j as it is", async (label) => {
    const device = await bench.addDisk(16);
    await makeFilesystem("ext4", device, "-L", label);
    expect((await readVolumeLayout(runner, device)).parts[0]?.filesystem?.label).toBe(label);
  });

  test("findRoot() takes the one partition of an MBR", async () => {
    const device = await bench.addDisk(64, "label: dos\n2048,,L,*\n");
    await readVolumeLayout(runner, device);
    await makeFilesystem("ext4", `${device}p1`);
    expect(await rootOf(await readVolumeLayout(runner, device))).toMatchObject({ number: 1, path: `${device}p1` });
  });

  test("findRoot() finds a system on a logical partition", async () => {
    const device = await bench.addDisk(128, "label: dos\n,32M,L\n,,E\n,32M,L\n,32M,S\n");
    const empty = await readVolumeLayout(runner, device);
    expect(empty.parts.map(({ number }) => number)).toEqual([1, 5, 6]);
    await makeFilesystem("ext4", `${device}p1`);
    await makeFilesystem("ext4", `${device}p5`);
    await runner.run(["mkswap", `${device}p6`]);
    await fill(`${device}p5`, writeSystem);
    expect(await rootOf(await readVolumeLayout(runner, device))).toMatchObject({ number: 5, foundBy: "os-release" });
  });

  test("mountImageFstab() adds /boot, and warns of an ESP that the kernel cannot mount (GPT 1+14+15+16)", async () => {
    const script = `label: gpt
      1: start=140M, type=${LINUX}
      14: start=1M, size=4M, type=${BIOS_BOOT}
      15: start=5M, size=34M, type=${ESP}
      16: start=40M, size=100M, type=${XBOOTLDR}\n`;
    const device = await bench.addDisk(256, script);
    await readVolumeLayout(runner, device);
    await makeFilesystem("ext4", `${device}p1`, "-L", "cloudimg-rootfs");
    await makeFilesystem("ext4", `${device}p16`, "-L", "BOOT");
    await makeFilesystem("vfat", `${device}p15`, "-n", "UEFI");
    await fill(`${device}p16`, (folder) => writeFile(join(folder, "vmlinuz"), "kernel"));
    const fstab =
      "LABEL=cloudimg-rootfs / ext4 discard 0 1\nLABEL=UEFI /boot/efi vfat umask=0077 0 1\nLABEL=BOOT /boot ext4 defaults 0 2\n";
    await fill(`${device}p1`, (folder) => writeSystem(folder, fstab));
    const { tree, mounted, warnings } = await mountAll(device);
    expect(await readFile(join(tree, "boot/vmlinuz"), "utf8")).toBe("kernel");
    const hasVfat = (await readFile("/proc/filesystems", "utf8")).includes("\tvfat\n");
    expect(mounted).toEqual(["/boot p16 errors=remount-ro", ...(hasVfat ? ["/boot/efi p15 umask=0077"] : [])]);
    const warning = `This kernel has no vfat, so the EFI system partition "${device}p15" is not mounted on "/boot/efi"`;
    expect(warnings).toEqual(hasVfat ? [] : [warning]);
  });

  test("mountImageFstab() binds folders, reads udev's names, and mounts so that programs run", async () => {
    const script = 'label: gpt\nsize=40M, name=root\nsize=20M, name="opt part"\nsize=20M, name=tmp\n';
    const device = await bench.addDisk(128, script);
    await readVolumeLayout(runner, device);
    for (const part of ["p1", "p2", "p3"]) await makeFilesystem("ext4", `${device}${part}`);
    const fstab = `PARTLABEL=root / ext4 defaults 0 1
      /dev/disk/by-partlabel/opt\\x20part /opt ext4 ro 0 2
      PARTLABEL=tmp /tmp ext4 noexec,nodev,nosuid 0 2
      /opt/data /srv none bind,ro 0 0
      /nowhere /mnt none bind 0 0\n`;
    await fill(`${device}p2`, (folder) => mkdir(join(folder, "data")));
    await fill(`${device}p1`, (folder) => writeSystem(folder, fstab));
    const { tree, mounted, warnings } = await mountAll(device);
    const own = "errors=remount-ro";
    expect(mounted).toEqual([`/opt p2 ${own}`, `/tmp p3 ${own}`, "/srv /opt/data bind"]);
    expect(warnings).toEqual([
      expect.stringMatching(/binds "\/nowhere" to "\/mnt", but that is not a folder of the image/),
    ]);
    await writeFile(join(tree, "srv/note"), "bound");
    expect(await readFile(join(tree, "opt/data/note"), "utf8")).toBe("bound");
    await writeFile(join(tree, "tmp/script"), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    await runner.run([join(tree, "tmp/script")]);
    await runner.run(["mknod", join(tree, "tmp/null"), "c", "1", "3"]);
    await writeFile(join(tree, "tmp/null"), "a device is one");
  });

  test("mountImageFstab() says why a file system is read-only", async () => {
    const device = await bench.addDisk(96, "label: gpt\nsize=40M\nsize=40M\n");
    await readVolumeLayout(runner, device);
    await makeFilesystem("ext4", `${device}p1`);
    await makeFutureExt4(`${device}p2`, "roCompat", "-L", "future");
    await fill(`${device}p1`, (folder) => writeSystem(folder, "LABEL=future /data ext4 defaults 0 2\n"));
    const { warnings } = await mountAll(device);
    expect(warnings).toEqual([`The ext4 on "${device}p2" can only be read, so nothing can be changed in "/data"`]);
  });

  test("mountRoot() says that this kernel can only read a root", async () => {
    const device = await bench.addDisk(64);
    await makeFutureExt4(device, "roCompat");
    const root = await rootOf(await readVolumeLayout(runner, device));
    const attempt = mountRoot({ view, lookView: lookView(), root, mountPath: bench.folder, userOptions: [] });
    await expect(attempt).rejects.toThrow(`This kernel can read the ext4 on "${device}", but not write to it`);
  });

  test.each([true, false])(
    "mountImageFstab() mounts by partition types without an fstab, if systemd does: %j",
    async (does) => {
      const script = `label: gpt\nsize=40M, type=${ROOT_X86}\nsize=20M, type=${XBOOTLDR}\nsize=20M, type=${HOME}\nsize=20M, type=${SRV}, attrs="GUID:63"\n`;
      const device = await bench.addDisk(128, script);
      await readVolumeLayout(runner, device);
      for (const part of ["p1", "p2", "p3", "p4"]) await makeFilesystem("ext4", `${device}${part}`);
      await fill(`${device}p2`, (folder) => writeFile(join(folder, "vmlinuz"), "kernel"));
      await fill(`${device}p1`, async (folder) => {
        await writeSystem(folder);
        await rm(join(folder, "etc/fstab"));
        const generators = join(folder, "usr/lib/systemd/system-generators");
        await mkdir(generators, { recursive: true });
        if (does) await writeFile(join(generators, "systemd-gpt-auto-generator"), "");
      });
      const { tree, mounted, warnings } = await mountAll(device);
      const own = "errors=remount-ro";
      expect(mounted).toEqual(does ? [`/boot p2 ${own}`, `/home p3 ${own}`] : []);
      expect(warnings).toHaveLength(does ? 0 : 2);
      if (does) expect(await readFile(join(tree, "boot/vmlinuz"), "utf8")).toBe("kernel");
      else expect(warnings[1]).toMatch(/^Partition 3 .* has the type for \/home, but .*; it is not mounted$/);
    },
  );

  test("mountRoot() mounts an xfs root as partition 4 while the host has the same UUID mounted", async () => {
    const script = `label: gpt
      1: size=1M, type=${BIOS_BOOT}
      2: size=8M, type=${ESP}
      3: size=320M, type=${LINUX}
      4: type=${LINUX}\n`;
    const device = await bench.addDisk(700, script);
    await readVolumeLayout(runner, device);
    for (const part of ["p3", "p4"]) await makeFilesystem("xfs", `${device}${part}`);
    const boot = await uuidOf(`${device}p3`);
    await fill(`${device}p4`, (folder) => writeSystem(folder, `UUID=${boot} /boot xfs defaults 0 0\n`));
    const clone = join(bench.folder, "clone.raw");
    await runner.run(["cp", "--sparse=always", bench.fileOf(device), clone]);
    await bench.mount(`${device}p4`);
    const other = await bench.attach(clone);
    const { mounted } = await mountAll(other);
    expect(mounted).toEqual(["/boot p3 nouuid"]);
  });

  test("mountRoot() mounts the subvolume of a btrfs that has the system, and the fstab's others", async () => {
    const device = await bench.addDisk(256, `label: gpt\n1: type=${ROOT_X86}\n`);
    await readVolumeLayout(runner, device);
    await makeFilesystem("btrfs", `${device}p1`);
    const uuid = await uuidOf(`${device}p1`);
    await fill(`${device}p1`, async (folder) => {
      for (const name of ["@", "@home"]) await runner.run(["btrfs", "subvolume", "create", join(folder, name)]);
      await writeSystem(
        join(folder, "@"),
        `UUID=${uuid} / btrfs subvol=@ 0 0\nUUID=${uuid} /home btrfs subvol=@home 0 0\n`,
      );
      await writeFile(join(folder, "@home/note"), "mine");
      await runner.run(["btrfs", "subvolume", "snapshot", join(folder, "@"), join(folder, "@before")]);
    });
    const { tree, mounted } = await mountAll(device);
    expect(mounted).toEqual(["/home p1 subvol=@home"]);
    expect(await readFile(join(tree, "home/note"), "utf8")).toBe("mine");
    expect(await readFile(join(tree, "etc/os-release"), "utf8")).toBe("ID=test\n");
  });

  test("mountRoot() mounts the clone of a btrfs that the host has mounted, and not the original", async () => {
    const device = await bench.addDisk(256);
    await makeFilesystem("btrfs", device);
    const clone = join(bench.folder, "clone.raw");
    await runner.run(["cp", "--sparse=always", bench.fileOf(device), clone]);
    await writeSystem(await bench.mount(device));
    const other = await bench.attach(clone);
    const layout = await readVolumeLayout(runner, other);
    const root = await rootOf(layout);
    if (!(await readdir("/sys/fs/btrfs/features")).includes("temp_fsid")) {
      await expect(
        mountRoot({ view, lookView: lookView(), root, mountPath: bench.folder, userOptions: [] }),
      ).rejects.toThrow(DeviceError);
      return;
    }
    const tree = join(bench.folder, "root");
    await mkdir(tree);
    await mountRoot({ view, lookView: lookView(), root, mountPath: tree, userOptions: [] });
    expect(await readdir(tree)).toEqual([]);
  });

  /** Makes a btrfs with these subvolumes, each a system; `a<b` is a snapshot of `b`. */
  async function btrfsWith(subvolumes: readonly string[]): Promise<string> {
    const device = await bench.addDisk(256);
    await makeFilesystem("btrfs", device);
    await fill(device, async (folder) => {
      for (const text of subvolumes) {
        const [path = "", original] = text.split("<");
        const place = join(folder, path);
        await mkdir(dirname(place), { recursive: true });
        const make = original === undefined ? ["create"] : ["snapshot", join(folder, original)];
        await runner.run(["btrfs", "subvolume", ...make, place]);
        await writeSystem(place, `# ${path}`);
      }
    });
    return device;
  }

  test.each([
    { subvolumes: ["distros/debian"], root: "distros/debian" },
    { subvolumes: ["a/b/c d/e"], root: "a/b/c d/e" },
    { subvolumes: ["with,comma"], root: "with,comma" },
    { subvolumes: ["@", "@before<@", "snapshots/1<@"], root: "@" },
    { subvolumes: ["sys", "sys/var/lib/machines/web"], root: "sys" },
  ])("mountRoot() finds the system among the subvolumes $subvolumes", async ({ subvolumes, root }) => {
    const device = await btrfsWith(subvolumes);
    const tree = join(bench.folder, "root");
    await mkdir(tree);
    const part = await rootOf(await readVolumeLayout(runner, device));
    await mountRoot({ view, lookView: lookView(), root: part, mountPath: tree, userOptions: [] });
    expect(await readFile(join(tree, "etc/fstab"), "utf8")).toBe(`# ${root}`);
  });

  test.each([
    { subvolumes: ["@", "distros/debian"], named: "@, distros/debian" },
    {
      subvolumes: ["distros/debian", "distros/arch", "distros/arch-old<distros/arch"],
      named: "distros/arch, distros/debian",
    },
  ])("mountRoot() refuses the subvolumes $subvolumes and names them", async ({ subvolumes, named }) => {
    const device = await btrfsWith(subvolumes);
    const root = await rootOf(await readVolumeLayout(runner, device));
    const choose = mountRoot({ view, lookView: lookView(), root, mountPath: bench.folder, userOptions: [] });
    await expect(choose).rejects.toThrow(`Several subvolumes of "${device}" hold a system: ${named}`);
  });

  test("requireSystem() refuses what was found and is no system, and warns of what was named", async () => {
    const device = await bench.addDisk(256);
    await makeFilesystem("btrfs", device);
    await fill(device, async (folder) => {
      for (const name of ["data", "logs"]) await runner.run(["btrfs", "subvolume", "create", join(folder, name)]);
    });
    const found = await rootOf(await readVolumeLayout(runner, device));
    const mountPath = await bench.mount(device);
    const warnings: string[] = [];
    const require = (root: RootPart, userOptions: string[] = []) =>
      requireSystem({ view, root, mountPath, userOptions, onWarning: (message) => warnings.push(message) });
    const what = `The btrfs on "${device}" has no etc/os-release and no shell`;
    await expect(require(found)).rejects.toThrow(`${what}, nor has a subvolume: data, logs`);
    await expect(require({ ...found, filesystem: { ...found.filesystem, type: "ext4" } })).rejects.toThrow(
      `${what.replace("btrfs", "ext4")}, so it is not the root of a system`,
    );
    expect(warnings).toEqual([]);
    await require({ ...found, foundBy: "option" });
    await require(found, ["noatime,subvol=data"]);
    expect(warnings).toEqual(Array(2).fill(`${what}, so it may not be the root of a system`));
    await require({ ...found, foundBy: "from_scratch" });
    // A link is not followed to see: it may lead to this machine's own shell.
    await symlink("/usr/bin", join(mountPath, "bin"));
    await expect(require(found)).rejects.toThrow(what);
    await mkdir(join(mountPath, "usr/bin"), { recursive: true });
    await writeFile(join(mountPath, "usr/bin/sh"), "");
    await require(found);
    expect(warnings).toHaveLength(2);
  });

  test("mountRoot() lets the user's subvolume win, and names subvolumes that it cannot choose between", async () => {
    const device = await bench.addDisk(256);
    await makeFilesystem("btrfs", device);
    await fill(device, async (folder) => {
      for (const name of ["one", "two"]) {
        await runner.run(["btrfs", "subvolume", "create", join(folder, name)]);
        await writeSystem(join(folder, name), `# ${name}`);
      }
    });
    const root = await rootOf(await readVolumeLayout(runner, device));
    const tree = join(bench.folder, "root");
    await mkdir(tree);
    const choose = mountRoot({ view, lookView: lookView(), root, mountPath: tree, userOptions: [] });
    await expect(choose).rejects.toThrow(`Several subvolumes of "${device}" hold a system: one, two`);
    await mountRoot({ view, lookView: lookView(), root, mountPath: tree, userOptions: ["noatime,subvol=two"] });
    expect(await readFile(join(tree, "etc/fstab"), "utf8")).toBe("# two");
  });

  test("mountRoot() refuses a mount path that leads over a link", async () => {
    const device = await bench.addDisk(64);
    await makeFilesystem("ext4", device);
    const root = await rootOf(await readVolumeLayout(runner, device));
    await mkdir(join(bench.folder, "real"));
    await symlink(join(bench.folder, "real"), join(bench.folder, "link"));
    const attempt = mountRoot({
      view,
      lookView: lookView(),
      root,
      mountPath: join(bench.folder, "link"),
      userOptions: [],
    });
    await expect(attempt).rejects.toMatchObject({ hint: `Set mount_path to "${join(bench.folder, "real")}"` });
  });

  test("mountRoot() says that the kernel lacks a file system", async () => {
    const device = await bench.addDisk(64);
    const path = device;
    const filesystem = { type: "nosuchfs", uuid: "", label: "" };
    const root = { number: 0, path, partition: undefined, filesystem, foundBy: "single" as const };
    const attempt = mountRoot({ view, lookView: lookView(), root, mountPath: bench.folder, userOptions: [] });
    await expect(attempt).rejects.toThrow(/^Cannot mount ".*": this kernel \(.+\) has no nosuchfs$/);
  });

  test("findRoot() takes the partition whose type says root before any other", async () => {
    const device = await bench.addDisk(128, `label: gpt\n1: size=40M, type=${LINUX}\n2: type=${ROOT_X86}\n`);
    await readVolumeLayout(runner, device);
    for (const part of ["p1", "p2"]) await makeFilesystem("ext4", `${device}${part}`);
    expect(await rootOf(await readVolumeLayout(runner, device))).toMatchObject({ number: 2, foundBy: "type" });
  });

  test("findRoot() refuses two systems and lists them", async () => {
    const device = await bench.addDisk(128, "label: gpt\nsize=40M\nsize=40M\n");
    await readVolumeLayout(runner, device);
    for (const part of ["p1", "p2"]) {
      await makeFilesystem("ext4", `${device}${part}`, "-L", `sys${part}`);
      await fill(`${device}${part}`, writeSystem);
    }
    const search = rootOf(await readVolumeLayout(runner, device));
    await expect(search).rejects.toThrow(DeviceError);
    await expect(search).rejects.toThrow('several partitions with a system: 1: ext4 "sysp1", 2: ext4 "sysp2"');
    expect(await rootOf(await readVolumeLayout(runner, device), "2")).toMatchObject({ number: 2, foundBy: "option" });
  });

  test("findRoot() says which of several candidates does not mount, and why", async () => {
    const device = await bench.addDisk(128, "label: gpt\nsize=40M\nsize=40M\n");
    await readVolumeLayout(runner, device);
    for (const part of ["p1", "p2"]) await makeFilesystem("ext4", `${device}${part}`);
    await fill(`${device}p1`, writeSystem);
    // Its superblock says ext4, and its group descriptors are gone.
    await runner.run(["dd", "if=/dev/zero", `of=${device}p2`, "bs=1024", "seek=2", "count=1024", "conv=fsync"]);
    const search = rootOf(await readVolumeLayout(runner, device));
    await expect(search).rejects.toThrow(DeviceError);
    await expect(search).rejects.toThrow("it has a system on 1: ext4, but file systems that do not mount:");
    await expect(search).rejects.toThrow(new RegExp(`\n  2: ext4 \\(${device}p2\\): \\S+`));
    await expect(search).rejects.toMatchObject({ hint: "Set mount_partition to the number of the root partition" });
  });

  test("findRoot() does not follow a link of the image to see whether it is a system", async () => {
    const device = await bench.addDisk(128, "label: gpt\nsize=40M\nsize=40M\n");
    await readVolumeLayout(runner, device);
    for (const part of ["p1", "p2"]) await makeFilesystem("ext4", `${device}${part}`);
    await fill(`${device}p1`, (folder) => runner.run(["ln", "-s", "/etc", join(folder, "etc")]).then(() => undefined));
    await fill(`${device}p2`, writeSystem);
    expect(await rootOf(await readVolumeLayout(runner, device))).toMatchObject({ number: 2, foundBy: "os-release" });
  });

  test.each([
    { type: "LVM2_member", what: "an LVM physical volume" },
    { type: "crypto_LUKS", what: "a LUKS encrypted volume" },
    { type: "zfs_member", what: "a member of a ZFS pool" },
  ])("findRoot() names and refuses $type, also beside a /boot", async ({ type, what }) => {
    const device = await bench.addDisk(160, "label: gpt\nsize=40M\nsize=100M\n");
    await readVolumeLayout(runner, device);
    await makeFilesystem("ext4", `${device}p1`);
    await craftSignature(type, `${device}p2`);
    const layout = await readVolumeLayout(runner, device);
    const message = `"${device}p2" of "${device}" is ${what} (${type})`;
    await expect(rootOf(layout)).rejects.toThrow(message);
    await expect(rootOf(layout, "2")).rejects.toThrow(message);
    expect(await rootOf(layout, "1")).toMatchObject({ number: 1, foundBy: "option" });
  });

  test("findRoot() takes a system beside an LVM volume", async () => {
    const device = await bench.addDisk(160, "label: gpt\nsize=40M\nsize=100M\n");
    await readVolumeLayout(runner, device);
    await makeFilesystem("ext4", `${device}p1`);
    await fill(`${device}p1`, writeSystem);
    await craftSignature("LVM2_member", `${device}p2`);
    expect(await rootOf(await readVolumeLayout(runner, device))).toMatchObject({ number: 1, foundBy: "os-release" });
  });

  test("findRoot() with from_scratch takes partition 1 of a table, and the whole device without one", async () => {
    const parted = await bench.addDisk(64, "label: gpt\nsize=20M\nsize=20M\n");
    await readVolumeLayout(runner, parted);
    await makeFilesystem("ext4", `${parted}p1`);
    const plain = await bench.addDisk(64);
    await makeFilesystem("ext4", plain);
    for (const [device, number] of [
      [parted, 1],
      [plain, 0],
    ] as const) {
      const layout = await readVolumeLayout(runner, device);
      expect(await findRoot({ view: lookView(), layout, fromScratch: true })).toMatchObject({
        number,
        foundBy: "from_scratch",
      });
    }
  });

  test("findRoot() with from_scratch says that there is no file system yet", async () => {
    const layout = await readVolumeLayout(runner, await bench.addDisk(64));
    const search = findRoot({ view: lookView(), layout, fromScratch: true });
    await expect(search).rejects.toMatchObject({ hint: "Make a file system in pre_mount_commands" });
  });

  test("mountImageFstab() leaves what is mounted on a mount point already", async () => {
    const device = await bench.addDisk(128, "label: gpt\nsize=40M\nsize=40M\n");
    await readVolumeLayout(runner, device);
    for (const part of ["p1", "p2"]) await makeFilesystem("ext4", `${device}${part}`, "-L", part);
    await fill(`${device}p1`, (folder) => writeSystem(folder, "LABEL=p2 /boot ext4 defaults 0 0\n"));
    const layout = await readVolumeLayout(runner, device);
    const root = await rootOf(layout);
    const tree = await bench.mount(root.path);
    await mkdir(join(tree, "boot"));
    await runner.run(["mount", "-t", "tmpfs", "tmpfs", join(tree, "boot")]);
    const mounts = await mountImageFstab({
      view,
      layout,
      root,
      tree: new RootFolder(tree),
      resolveMountPoint: async (path) => join(tree, path),
      onWarning: () => undefined,
    });
    expect(mounts).toEqual([]);
    expect((await unmountBelow(tree, { view })).map(({ fsType }) => fsType)).toEqual(["tmpfs", "ext4"]);
  });
});
