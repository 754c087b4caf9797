import { copyFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listBlockDevices, readSerial } from "../../src/host/block-device.ts";
import { identifyDevice } from "../../src/host/identify-device.ts";
import { readPartitionTable } from "../../src/host/partition-table.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { findCloudKernel, type Guest, startGuest } from "../support/boot/guest.ts";
import { bundle } from "../support/chroot/fixtures.ts";
import { writeSystem } from "../support/disks/loop-disk.ts";
import { makeDisk } from "../support/disks/made-image.ts";
import { createWorkbench, type Workbench } from "../support/disks/workbench.ts";
import { requirePrograms, requireThat } from "../support/suite/requirements.ts";

const MIB = 1024 * 1024;
const IMAGE_MIB = 128;
const ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";
/** Disks in the order in which they are plugged, which is none of the orders of their names. */
const PLUGGED = [
  { id: "h", driver: "scsi-hd", properties: { bus: "scsi0.0", serial: "sdh" } },
  { id: "j", driver: "nvme", properties: { serial: "sdj" } },
  { id: "f", driver: "scsi-hd", properties: { bus: "scsi0.0", serial: "sdf" } },
  { id: "i", driver: "virtio-blk-pci", properties: { serial: "sdi" } },
  { id: "ba", driver: "scsi-hd", properties: { bus: "scsi0.0", serial: "sdba" } },
] as const;

/** What of sysfs the product reads, as `FILE name path hex` lines. */
const DUMP = `
plug=$(ls /sys/block | grep -E '^(sd|vd|nvme)' | wc -l)
echo READY $plug
while [ $(ls /sys/block | grep -E '^(sd|vd|nvme)' | wc -l) -lt ${PLUGGED.length} ]; do sleep 0.1; done
for disk in $(ls /sys/block | grep -E '^(sd|vd|nvme)'); do
  for file in dev size diskseq serial device/serial device/vpd_pg80; do
    [ -e /sys/block/$disk/$file ] && echo "FILE $disk/$file $(od -An -v -tx1 /sys/block/$disk/$file | tr -d ' \\n')"
  done
done
echo DONE
`;

const hasKernel = (await findCloudKernel()) !== undefined;
const tier = hasKernel
  ? requirePrograms("qemu-system-x86_64", "busybox", "mkfs.vfat", "sfdisk")
  : requireThat(false, "linux-image-cloud-amd64");

tier("host: disks of real drivers, hot-plugged into a guest", () => {
  let folder: string;
  let guest: Guest | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "host-qemu-"));
  });
  afterEach(async () => {
    await guest?.stop();
    await rm(folder, { recursive: true });
  });

  async function makeDrives(): Promise<string[]> {
    const args: string[] = ["-device", "virtio-scsi-pci,id=scsi0"];
    for (const { id } of PLUGGED) {
      const file = join(folder, `${id}.raw`);
      await writeFile(file, "");
      await truncate(file, 64 * MIB);
      args.push("-blockdev", `driver=raw,node-name=drive-${id},file.driver=file,file.filename=${file}`);
    }
    return args;
  }

  /** Puts the guest's sysfs where the product can read it. */
  async function copySysfs(console: Guest): Promise<string> {
    const sysfs = join(folder, "sys");
    for (const line of await console.until("DONE")) {
      const [kind, path = "", hex = ""] = line.split(" ");
      if (kind !== "FILE") continue;
      await mkdir(dirname(join(sysfs, "block", path)), { recursive: true });
      await writeFile(join(sysfs, "block", path), Buffer.from(hex, "hex"));
    }
    return sysfs;
  }

  test("readSerial() and identifyDevice() tell every disk by its serial, whatever the kernel calls it", async () => {
    const modules = ["virtio_pci", "virtio_scsi", "virtio_blk", "sd_mod", "nvme"];
    guest = await startGuest({ folder, modules, script: DUMP, args: await makeDrives() });
    expect((await guest.until("READY")).at(-1)).toBe("READY 0");
    for (const { id, driver, properties } of PLUGGED) {
      await guest.plug(driver, { id: `disk-${id}`, drive: `drive-${id}`, ...properties });
    }
    const sysfs = await copySysfs(guest);
    const disks = await Promise.all(
      (await listBlockDevices(sysfs)).map(async (disk) => ({
        ...disk,
        serial: await readSerial(disk.name, sysfs),
        isNew: true,
      })),
    );
    const names = disks.map(({ name }) => name.replace(/[a-z]$/, ""));
    expect(names.sort()).toEqual(["nvme0n1", "sd", "sd", "sd", "vd"]);
    for (const { id, driver } of PLUGGED) {
      const deviceName = `/dev/xvd${id}`;
      const found = identifyDevice({
        deviceName,
        sizeBytes: 64 * MIB,
        disks,
        named: [],
        onlyNamed: false,
        mustProve: false,
      });
      expect(found).toMatchObject({ foundBy: "serial", disk: { serial: `sd${id}`, sizeBytes: 64 * MIB } });
      const prefix = { "scsi-hd": "sd", nvme: "nvme", "virtio-blk-pci": "vd" }[driver];
      expect(found.disk?.name.startsWith(prefix)).toBe(true);
    }
    // The kernel's names would have been wrong for each of them.
    expect(disks.filter(({ name, serial }) => name === serial)).toEqual([]);
  });

  /** A disk as Ubuntu's, with an ESP; the others get copies, so that labels and UUIDs are the same on all. */
  async function makeImageDisk(bench: Workbench): Promise<string> {
    const table = `label: gpt\n1: start=36M\n15: start=1M, size=34M, type=${ESP}\n`;
    const fill = async (root: string) => {
      await mkdir(join(root, "boot/efi"), { recursive: true });
      await writeSystem(root, "LABEL=sys / ext4 defaults 0 1\nLABEL=UEFI /boot/efi vfat umask=0077 0 1\n");
    };
    const device = await makeDisk(bench, {
      sizeMib: IMAGE_MIB,
      table,
      parts: [
        { number: 1, type: "ext4", mkfsOptions: ["-L", "sys"], fill },
        { number: 15, type: "vfat", mkfsOptions: ["-n", "UEFI"] },
      ],
    });
    const file = bench.fileOf(device);
    await bench.detach(device);
    return file;
  }

  /** What a file holds in the place of partition 15, after fsck(8) found nothing wrong with it. */
  async function readEsp(disk: string): Promise<string> {
    const part = (await readPartitionTable(disk))?.partitions.find(({ number }) => number === 15);
    const start = part?.startBytes ?? 0;
    const bytes = (await readFile(disk)).subarray(start, start + (part?.sizeBytes ?? 0));
    await writeFile(join(folder, "esp.raw"), bytes);
    await hostRunner().run(["fsck.vfat", "-n", join(folder, "esp.raw")]);
    return bytes.toString("latin1");
  }

  test("a linked volume is found and mounted with its ESP, on virtio-scsi, NVMe and virtio-blk, past a decoy", async () => {
    const bench = await createWorkbench("host-qemu-disks");
    try {
      const image = await makeImageDisk(bench);
      const disks = {
        f: join(folder, "scsi.raw"),
        g: join(folder, "nvme.raw"),
        h: join(folder, "virtio.raw"),
        decoy: join(folder, "decoy.raw"),
      };
      for (const disk of [disks.f, disks.g, disks.h]) await copyFile(image, disk);
      await writeFile(disks.decoy, "");
      await truncate(disks.decoy, IMAGE_MIB * MIB);
      await bundle({ entry: "tests/support/boot/guest-entry.ts" }, folder);
      const drives = Object.entries(disks).flatMap(([id, file]) => [
        "-blockdev",
        `driver=raw,node-name=drive-${id},file.driver=file,file.filename=${file}`,
      ]);
      guest = await startGuest({
        folder,
        modules: [
          "virtio_pci",
          "virtio_scsi",
          "virtio_blk",
          "sd_mod",
          "nvme",
          "ext4",
          "vfat",
          "nls_cp437",
          "nls_ascii",
          "nls_utf8",
        ],
        programs: ["node", "blkid", "partx", "mount", "umount", "flock"],
        files: { "/entry.mjs": join(folder, "entry.js") },
        memoryMib: 1024,
        script: `PATH=/usr/local/bin:/usr/sbin:/usr/bin:/bin node /entry.mjs ${IMAGE_MIB * MIB} /dev/xvdf /dev/xvdg /dev/xvdh 2>&1`,
        args: ["-device", "virtio-scsi-pci,id=scsi0", ...drives],
      });
      await guest.until("READY");
      await guest.plug("scsi-hd", { id: "disk-decoy", drive: "drive-decoy", bus: "scsi0.0" });
      await guest.plug("virtio-blk-pci", { id: "disk-h", drive: "drive-h", serial: "sdh" });
      await guest.plug("nvme", { id: "disk-g", drive: "drive-g", serial: "sdg" });
      await guest.plug("scsi-hd", { id: "disk-f", drive: "drive-f", bus: "scsi0.0", serial: "sdf" });
      const lines = await guest.until("DONE");
      const found = lines.flatMap((line) => (line.startsWith("MOUNTED ") ? [JSON.parse(line.slice(8))] : []));
      const foundAs = (deviceName: string, path: string, partition = path) => ({
        deviceName,
        path,
        foundBy: "serial",
        root: `${partition}1`,
        mounted: [`vfat ${partition}15 /boot/efi`],
        warnings: [],
      });
      // A kernel looks at several new disks at once: which of the two on SCSI comes first is chance.
      const first = found[0]?.path === "/dev/sda" ? "/dev/sda" : "/dev/sdb";
      expect(found).toEqual([
        foundAs("/dev/xvdf", first),
        foundAs("/dev/xvdg", "/dev/nvme0n1", "/dev/nvme0n1p"),
        foundAs("/dev/xvdh", "/dev/vda"),
      ]);
      await guest.stop();
      expect(await readEsp(disks.f)).toContain("the ESP of /dev/xvdf");
      expect(await readEsp(disks.g)).toContain("the ESP of /dev/xvdg");
      expect(await readEsp(disks.h)).toContain("the ESP of /dev/xvdh");
      expect((await readFile(disks.decoy)).every((byte) => byte === 0)).toBe(true);
    } finally {
      await bench.dispose();
    }
  });
});
