import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readFile, statfs, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { enterRun } from "../../src/builder/enter-run.ts";
import type { Hook } from "../../src/builder/hook.ts";
import { findRuns } from "../../src/builder/journal/runs.ts";
import { readPartitionTable } from "../../src/host/partition-table.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { type Bakery, nothing, openBakery } from "../support/bake/bake.ts";
import { craftSignature } from "../support/disks/crafted-signatures.ts";
import { writeSystem } from "../support/disks/loop-disk.ts";
import { checkFilesystem, importDisk, inspectProduct, type MadePart, makeDisk } from "../support/disks/made-image.ts";
import { createWorkbench, type Workbench } from "../support/disks/workbench.ts";
import { readLedger } from "../support/suite/ledger.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requirePrograms(
  "sfdisk",
  "partx",
  "mkfs.ext4",
  "mkfs.xfs",
  "mkfs.btrfs",
  "mkfs.vfat",
  "btrfs",
  "busybox",
);

const GIB = 1024 ** 3;
const LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";
const ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";
const BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649";
const XBOOTLDR = "BC13C2FF-59E6-4262-A352-B275FD6F7172";
const HOME = "933AC7E1-2EB4-4F13-B844-0E14E2AEF915";
const BOOT_UUID = randomUUID();

/** Provisioning: a file for the root and one for /boot, by the path that the booted image will use. */
const writeNotes: Hook["provision"] = async ({ rootPath }) => {
  await writeFile(join(rootPath, "root-note"), "on the root");
  await writeFile(join(rootPath, "boot/boot-note"), "on the boot partition");
};

const kernelHasVfat = async () => (await readFile("/proc/filesystems", "utf8")).includes("\tvfat\n");

describe("builds from disks as real images have them", () => {
  let bakery: Bakery;
  let bench: Workbench;
  beforeAll(async () => {
    bakery = await openBakery("layouts-build");
  });
  afterAll(() => bakery.close());
  beforeEach(async () => {
    bench = await createWorkbench("layouts-disks");
  });
  afterEach(async () => {
    await bench.dispose();
    expect(await readLedger(bench.folder)).toEqual({ mounts: [], loops: [] });
    const { images, snapshots, ...rest } = await bakery.leftovers();
    expect([images.length, snapshots.length]).toEqual([images.length, images.length]);
    expect({ ...rest, images: [], snapshots: [] }).toEqual(nothing);
  });

  const system = (number: number): MadePart => ({ number, type: "ext4", fill: (folder) => writeSystem(folder) });
  const importAs = async (name: string, device: string) => importDisk(bakery, bench, device, name);
  const configOf = (source: string, name: string) => ({
    source_omi: source,
    omi_name: name,
    mount_path: join(bakery.folder, "mnt"),
    boot_check: "off",
    polling: { min: "5ms", max: "50ms" },
  });

  it("Ubuntu's GPT 1+14+15+16, grown to twice its size: root, /boot and a warning for an ESP without vfat", async () => {
    const table = `label: gpt
      1: start=140M, type=${LINUX}
      14: start=1M, size=4M, type=${BIOS_BOOT}
      15: start=5M, size=34M, type=${ESP}
      16: start=40M, size=100M, type=${XBOOTLDR}\n`;
    const fstab =
      "LABEL=cloudimg-rootfs / ext4 discard 0 1\nLABEL=BOOT /boot ext4 defaults 0 2\nLABEL=UEFI /boot/efi vfat umask=0077 0 1\n";
    const parts: MadePart[] = [
      { number: 1, type: "ext4", mkfsOptions: ["-L", "cloudimg-rootfs"], fill: (folder) => writeSystem(folder, fstab) },
      { number: 15, type: "vfat", mkfsOptions: ["-n", "UEFI"] },
      { number: 16, type: "ext4", mkfsOptions: ["-L", "BOOT"], fill: (folder) => mkdir(join(folder, "efi")) },
    ];
    const device = await makeDisk(bench, { sizeMib: 1024, table, parts });
    const source = await importAs("ubuntu-like", device);
    let rootBytes = 0;
    const provision: Hook["provision"] = async (input) => {
      await writeNotes(input);
      const { blocks, bsize } = await statfs(input.rootPath);
      rootBytes = blocks * bsize;
    };
    const config = { ...configOf(source, "ubuntu-built"), root_volume_size: 2 };
    const { artifact, ui } = await bakery.bake(config, { hook: { provision } });
    expect(rootBytes).toBeGreaterThan(1.7 * GIB);
    const espWarning = ui.of("warn").filter((line) => /has no vfat.*p15.*\/boot\/efi/.test(line));
    expect(espWarning).toHaveLength((await kernelHasVfat()) ? 0 : 1);
    await inspectProduct(bakery, bench, artifact, async (product) => {
      await checkFilesystem("ext4", `${product}p1`);
      await checkFilesystem("ext4", `${product}p16`);
      const [root, boot] = [await bench.mount(`${product}p1`, "ro"), await bench.mount(`${product}p16`, "ro")];
      expect(await readFile(join(root, "root-note"), "utf8")).toBe("on the root");
      expect(await readFile(join(boot, "boot-note"), "utf8")).toBe("on the boot partition");
      const partitions = (await readPartitionTable(product))?.partitions ?? [];
      expect(partitions.map(({ number }) => number).sort((a, b) => a - b)).toEqual([1, 14, 15, 16]);
      expect(partitions.find(({ number }) => number === 1)?.sizeBytes).toBeGreaterThan(1.8 * GIB);
    });
    await artifact?.destroy();
  });

  it("EL9's xfs root as partition 4 with /boot, grown, while this host has the same UUIDs mounted", async () => {
    const table = `label: gpt
      1: size=1M, type=${BIOS_BOOT}
      2: size=8M, type=${ESP}
      3: size=320M, type=${LINUX}
      4: type=${LINUX}\n`;
    const fstab = `UUID=${BOOT_UUID} /boot xfs defaults 0 0\n`;
    const device = await makeDisk(bench, {
      sizeMib: 1024,
      table,
      parts: [
        { number: 3, type: "xfs", mkfsOptions: ["-m", `uuid=${BOOT_UUID}`] },
        { number: 4, type: "xfs", fill: (folder) => writeSystem(folder, fstab) },
      ],
    });
    const source = await importAs("el9-like", device);
    // The builder VM is itself one of that image.
    const mounted = [await bench.mount(`${device}p3`), await bench.mount(`${device}p4`)];
    let rootBytes = 0;
    const provision: Hook["provision"] = async (input) => {
      await writeNotes(input);
      const { blocks, bsize } = await statfs(input.rootPath);
      rootBytes = blocks * bsize;
    };
    const config = { ...configOf(source, "el9-built"), root_volume_size: 2 };
    const { artifact } = await bakery.bake(config, { hook: { provision } });
    expect(rootBytes).toBeGreaterThan(1.5 * GIB);
    for (const folder of mounted) await bench.unmount(folder);
    await inspectProduct(bakery, bench, artifact, async (product) => {
      await checkFilesystem("xfs", `${product}p3`);
      await checkFilesystem("xfs", `${product}p4`);
      const [boot, root] = [await bench.mount(`${product}p3`, "ro"), await bench.mount(`${product}p4`, "ro")];
      expect(await readFile(join(root, "root-note"), "utf8")).toBe("on the root");
      expect(await readFile(join(boot, "boot-note"), "utf8")).toBe("on the boot partition");
    });
    await artifact?.destroy();
  });

  it("a btrfs with subvolumes, grown: the subvolume with the system is the root", async () => {
    const fill = async (folder: string) => {
      for (const name of ["@", "@boot"]) await hostRunner().run(["btrfs", "subvolume", "create", join(folder, name)]);
      await writeSystem(join(folder, "@"), "LABEL=sys / btrfs subvol=@ 0 0\nLABEL=sys /boot btrfs subvol=@boot 0 0\n");
    };
    const device = await makeDisk(bench, {
      sizeMib: 1024,
      parts: [{ number: 0, type: "btrfs", mkfsOptions: ["-L", "sys"], fill }],
    });
    const source = await importAs("btrfs-like", device);
    const config = { ...configOf(source, "btrfs-built"), root_volume_size: 2 };
    const { artifact } = await bakery.bake(config, { hook: { provision: writeNotes } });
    await bench.detach(device);
    await inspectProduct(bakery, bench, artifact, async (product) => {
      await checkFilesystem("btrfs", product);
      const top = await bench.mount(product, "subvolid=5");
      expect(await readFile(join(top, "@/root-note"), "utf8")).toBe("on the root");
      expect(await readFile(join(top, "@boot/boot-note"), "utf8")).toBe("on the boot partition");
      const { blocks, bsize } = await statfs(top);
      expect(blocks * bsize).toBe(2 * GIB);
    });
    await artifact?.destroy();
  });

  it("typed partitions without an fstab line, a bind, and a /tmp that nothing may be run from", async () => {
    const table = `label: gpt
      1: size=150M, type=${LINUX}
      2: size=24M, type=${XBOOTLDR}
      3: size=24M, type=${HOME}
      4: size=24M, type=${LINUX}, name="tmp part"\n`;
    const fstab = "/dev/disk/by-partlabel/tmp\\x20part /tmp ext4 noexec,nodev,ro 0 2\n/home/www /srv none bind 0 0\n";
    const fill = async (folder: string) => {
      await writeSystem(folder, fstab);
      const generators = join(folder, "usr/lib/systemd/system-generators");
      await mkdir(generators, { recursive: true });
      await writeFile(join(generators, "systemd-gpt-auto-generator"), "");
    };
    const device = await makeDisk(bench, {
      sizeMib: 256,
      table,
      parts: [
        { number: 1, type: "ext4", fill },
        { number: 2, type: "ext4" },
        { number: 3, type: "ext4", fill: (folder) => mkdir(join(folder, "www")) },
        { number: 4, type: "ext4" },
      ],
    });
    const source = await importAs("typed", device);
    const provision: Hook["provision"] = async ({ rootPath }) => {
      await writeFile(join(rootPath, "boot/boot-note"), "on /boot");
      await writeFile(join(rootPath, "srv/web-note"), "on /home");
      const script = join(rootPath, "tmp/script");
      await writeFile(script, "#!/bin/sh\necho ran\n", { mode: 0o755 });
      expect((await hostRunner().run([script])).stdout).toBe("ran\n");
    };
    const { artifact, ui } = await bakery.bake(configOf(source, "typed-built"), { hook: { provision } });
    expect(ui.of("warn")).toEqual([]);
    await inspectProduct(bakery, bench, artifact, async (product) => {
      const [boot, home] = [await bench.mount(`${product}p2`, "ro"), await bench.mount(`${product}p3`, "ro")];
      expect(await readFile(join(boot, "boot-note"), "utf8")).toBe("on /boot");
      expect(await readFile(join(home, "www/web-note"), "utf8")).toBe("on /home");
    });
    await artifact?.destroy();
  });

  it("says why nothing runs from a /tmp that the template itself has mounted so", async () => {
    const fill = async (folder: string) => {
      await writeSystem(folder);
      await mkdir(join(folder, "tmp"));
    };
    const device = await makeDisk(bench, { sizeMib: 64, parts: [{ number: 0, type: "ext4", fill }] });
    const source = await importAs("plain", device);
    const post_mount_commands = ["mount -t tmpfs -o noexec mine {{.MountPath}}/tmp"];
    const config = { ...configOf(source, "noexec-built"), post_mount_commands, skip_create_omi: true };
    const { ui } = await bakery.bake(config);
    expect(ui.of("warn")).toEqual(["Nothing in the image's /tmp can be run: it is mounted with noexec (mine on /tmp)"]);
  });

  it("a kept volume is entered with the root, the options and the partitions that its build had", async () => {
    const table = `label: gpt\n1: size=60M, type=${LINUX}\n2: size=120M, type=${LINUX}\n3: size=24M, name=boot\n`;
    const subvolumes = async (folder: string) => {
      for (const name of ["one", "two"]) {
        const place = join(folder, name);
        await hostRunner().run(["btrfs", "subvolume", "create", place]);
        await writeSystem(place, "PARTLABEL=boot /boot ext4 defaults 0 2\n");
        await mkdir(join(place, "bin"));
        await copyFile("/bin/busybox", join(place, "bin/busybox"));
        await symlink("busybox", join(place, "bin/sh")); // whatever runs in an image is started by its shell
        await writeFile(join(place, name), "");
      }
    };
    const device = await makeDisk(bench, {
      sizeMib: 256,
      table,
      parts: [system(1), { number: 2, type: "btrfs", fill: subvolumes }, { number: 3, type: "ext4" }],
    });
    const source = await importAs("two-systems", device);
    await bench.detach(device);
    const choice = { mount_partition: 2, mount_options: ["noatime", "subvol=two"], packer_on_error: "abort" };
    const provision: Hook["provision"] = async ({ rootPath }) => {
      await writeFile(join(rootPath, "boot/note"), "");
      throw new Error("and no further");
    };
    const config = { ...configOf(source, "never-built"), ...choice };
    await expect(bakery.bake(config, { hook: { provision } })).rejects.toThrow("and no further");
    const [run] = findRuns(bakery.stateFolder).runs;
    const runId = run?.record.header.runId ?? "";
    const command = ["/bin/busybox", "ls", "/two", "/boot/note"];
    expect(
      await enterRun({ stateFolder: bakery.stateFolder, runId, command, isOnTerminal: false, ui: new RecordingUi() }),
    ).toMatchObject({
      code: 0,
    });
    await bakery.cleanUp();
  });

  it("a btrfs whose system is in a nested subvolume, with the top level as the default one", async () => {
    const fill = async (folder: string) => {
      await mkdir(join(folder, "distros"));
      await hostRunner().run(["btrfs", "subvolume", "create", join(folder, "distros/debian")]);
      await writeSystem(join(folder, "distros/debian"));
    };
    const device = await makeDisk(bench, { sizeMib: 300, parts: [{ number: 0, type: "btrfs", fill }] });
    const source = await importAs("btrfs-nested", device);
    const provision: Hook["provision"] = ({ rootPath }) => writeFile(join(rootPath, "root-note"), "on the root");
    const { artifact } = await bakery.bake(configOf(source, "btrfs-nested-built"), { hook: { provision } });
    await bench.detach(device);
    await inspectProduct(bakery, bench, artifact, async (product) => {
      const top = await bench.mount(product, "subvolid=5");
      expect(await readFile(join(top, "distros/debian/root-note"), "utf8")).toBe("on the root");
    });
    await artifact?.destroy();
  });

  it("a system on a logical partition of an MBR, in a disk of the source's size", async () => {
    const table = "label: dos\n,32M,L\n,,E\n,64M,L\n,64M,S\n";
    const device = await makeDisk(bench, {
      sizeMib: 256,
      table,
      parts: [
        { number: 1, type: "ext4" },
        { number: 5, type: "ext4", fill: (folder) => writeSystem(folder) },
      ],
    });
    const source = await importAs("mbr-like", device);
    const provision: Hook["provision"] = ({ rootPath }) => writeFile(join(rootPath, "root-note"), "on the root");
    const { artifact } = await bakery.bake(configOf(source, "mbr-built"), { hook: { provision } });
    await inspectProduct(bakery, bench, artifact, async (product) => {
      await checkFilesystem("ext4", `${product}p5`);
      expect(await readFile(join(await bench.mount(`${product}p5`, "ro"), "root-note"), "utf8")).toBe("on the root");
    });
    await artifact?.destroy();
  });

  it.each([
    {
      what: "two roots",
      parts: [system(1), system(2)],
      craft: async () => undefined,
      message: /several partitions with a system: 1: ext4, 2: ext4/,
    },
    {
      what: "a btrfs without a system",
      parts: [
        {
          number: 1,
          type: "btrfs",
          fill: (folder: string) => hostRunner().run(["btrfs", "subvolume", "create", join(folder, "data")]),
        },
      ],
      craft: async () => undefined,
      message: /The btrfs on ".*p1" has no etc\/os-release and no shell, nor has a subvolume: data/,
    },
    {
      what: "an LVM root beside /boot",
      parts: [{ number: 1, type: "ext4" }],
      craft: (device: string) => craftSignature("LVM2_member", `${device}p2`),
      message: /p2" of ".*" is an LVM physical volume \(LVM2_member\)/,
    },
  ])("refuses $what, and leaves nothing behind", async ({ what, parts, craft, message }) => {
    const device = await makeDisk(bench, { sizeMib: 256, table: "label: gpt\nsize=120M\nsize=100M\n", parts });
    await craft(device);
    const source = await importAs(what.replaceAll(/\W/g, "-"), device);
    const { images, snapshots } = await bakery.leftovers();
    const build = bakery.bake(configOf(source, "never"));
    await expect(build).rejects.toMatchObject({ code: "E_DEVICE", step: "StepMountDevice" });
    await expect(build).rejects.toThrow(message);
    expect(await bakery.leftovers()).toEqual({ ...nothing, images, snapshots });
  });

  it("refuses a volume that is smaller than its source before it creates anything", async () => {
    const device = await makeDisk(bench, { sizeMib: 1500, parts: [system(0)] });
    const source = await importAs("two-gib", device);
    const sent = bakery.cloud.requests.length;
    const config = { ...configOf(source, "smaller"), root_volume_size: 1 };
    await expect(bakery.bake(config)).rejects.toThrow(/root_volume_size/);
    const actions = bakery.cloud.requests.slice(sent).map(({ action }) => action);
    expect(actions.filter((action) => !action.startsWith("Read"))).toEqual([]);
  });
});
