import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listBlockDevices, readSerial } from "../../src/host/block-device.ts";
import { identifyDevice } from "../../src/host/identify-device.ts";
import { findCloudKernel, type Guest, startGuest } from "../support/guest.ts";
import { requirePrograms, requireThat } from "../support/requirements.ts";

const MIB = 1024 * 1024;
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
  ? requirePrograms("qemu-system-x86_64", "busybox")
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
      const found = identifyDevice({ deviceName, sizeBytes: 64 * MIB, disks, named: [], onlyNamed: false });
      expect(found).toMatchObject({ foundBy: "serial", disk: { serial: `sd${id}`, sizeBytes: 64 * MIB } });
      const prefix = { "scsi-hd": "sd", nvme: "nvme", "virtio-blk-pci": "vd" }[driver];
      expect(found.disk?.name.startsWith(prefix)).toBe(true);
    }
    // The kernel's names would have been wrong for each of them.
    expect(disks.filter(({ name, serial }) => name === serial)).toEqual([]);
  });
});
