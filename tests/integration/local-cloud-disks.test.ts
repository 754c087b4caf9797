import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  exportLocalImage,
  importLocalImage,
  localCloudStatus,
  resetLocalCloud,
} from "../../src/local-cloud/administer-cloud.ts";
import { loopDevicesOf } from "../../src/local-cloud/disks/loop-devices.ts";
import { type LocalCloud, startLocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { type Answer, signedCall } from "../support/local-cloud/signed-call.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("losetup", "partx", "sfdisk", "mkfs.ext4", "mount", "flock", "qemu-img");

describe("the local cloud's disks", () => {
  let folder: string;
  let cloud: LocalCloud;
  let mounted: string[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "local-cloud-"));
    mounted = [];
    cloud = await startLocalCloud({ stateFolder: join(folder, "state") });
  });

  afterEach(async () => {
    for (const path of mounted) execFileSync("umount", [path]);
    await cloud.close();
    await resetLocalCloud(join(folder, "state"));
    await expect.poll(() => loopDevicesOf(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  const call = async (action: string, request: unknown): Promise<Answer> => {
    const answer = await signedCall({ endpoint: cloud.endpoint, ...cloud.account("builder") }, action, request);
    await cloud.idle();
    return answer;
  };

  it("takes the device of a link away that ends in `error`", async () => {
    const { VolumeId } = (await call("CreateVolume", { SubregionName: "eu-west-2a", Size: 1 })).body.Volume;
    // Nothing can be linked into a file, and so the link fails when its loop device is there already.
    rmSync(cloud.deviceFolder, { recursive: true });
    writeFileSync(cloud.deviceFolder, "");
    await call("LinkVolume", { VmId: cloud.vmId, VolumeId, DeviceName: "/dev/xvdf" });
    const [volume] = (await call("ReadVolumes", { Filters: { VolumeIds: [VolumeId] } })).body.Volumes;
    expect([volume.State, volume.LinkedVolumes]).toEqual(["error", []]);
    await expect.poll(() => loopDevicesOf(folder)).toEqual([]);
  });

  async function volumeFromSeed(): Promise<string> {
    const [image] = (await call("ReadImages", { Filters: { ImageNames: ["Debian-12-*"] } })).body.Images;
    const copy = await call("CreateImage", {
      SourceImageId: image.ImageId,
      SourceRegionName: "eu-west-2",
      ImageName: "my copy",
    });
    const SnapshotId = copy.body.Image.BlockDeviceMappings[0].Bsu.SnapshotId;
    return (await call("CreateVolume", { SubregionName: "eu-west-2a", SnapshotId })).body.Volume.VolumeId;
  }

  async function link(VolumeId: string, letter: string): Promise<void> {
    expect((await call("LinkVolume", { VmId: cloud.vmId, VolumeId, DeviceName: `/dev/xvd${letter}` })).status).toBe(
      200,
    );
  }

  function mount(device: string): string {
    const path = join(folder, "mnt");
    execFileSync("mkdir", ["-p", path]);
    execFileSync("mount", [device, path]);
    mounted.push(path);
    return path;
  }

  function unmount(path: string): void {
    execFileSync("umount", [path]);
    mounted = mounted.filter((other) => other !== path);
  }

  it("carries what is written to a linked volume into a snapshot, an image and an exported disk", async () => {
    const VolumeId = await volumeFromSeed();
    await link(VolumeId, "f");
    const root = mount(join(cloud.deviceFolder, "xvdf1"));
    expect(readFileSync(join(root, "etc/os-release"), "utf8")).toContain("ID=debian");
    expect(execFileSync("chroot", [root, "/bin/sh", "-c", "echo $((40 + 2))"], { encoding: "utf8" })).toBe("42\n");
    writeFileSync(join(root, "baked"), "yes");
    unmount(root);
    await call("UnlinkVolume", { VolumeId });
    const { SnapshotId } = (await call("CreateSnapshot", { VolumeId })).body.Snapshot;
    const mapping = { DeviceName: "/dev/sda1", Bsu: { SnapshotId } };
    await call("CreateImage", { ImageName: "baked", RootDeviceName: "/dev/sda1", BlockDeviceMappings: [mapping] });

    const disk = join(folder, "baked.qcow2");
    await exportLocalImage(join(folder, "state"), { image: "baked", disk });
    expect(execFileSync("qemu-img", ["info", disk], { encoding: "utf8" })).toContain("file format: qcow2");
    const imported = await importLocalImage(join(folder, "state"), { name: "imported", disk });
    const again = (
      await call("CreateVolume", {
        SubregionName: "eu-west-2a",
        SnapshotId: imported.BlockDeviceMappings[0]?.Bsu?.SnapshotId,
      })
    ).body.Volume;
    await link(again.VolumeId, "g");
    expect(readFileSync(join(mount(join(cloud.deviceFolder, "xvdg1")), "baked"), "utf8")).toBe("yes");
    expect(cloud.status().violations).toEqual([]);
  });

  it("shows a linked volume under another kernel name, by its id and with its partitions", async () => {
    const VolumeId = await volumeFromSeed();
    await link(VolumeId, "f");
    const device = realpathSync(join(cloud.deviceFolder, "xvdf"));
    expect(device).toMatch(/^\/dev\/loop\d+$/);
    const byId = join(cloud.deviceFolder, "disk/by-id/scsi-0QEMU_QEMU_HARDDISK_sdf");
    expect(realpathSync(byId)).toBe(device);
    expect(realpathSync(`${byId}-part1`)).toBe(`${device}p1`);
    expect(cloud.status().devices).toEqual([{ id: VolumeId, slot: "f", device }]);
    await call("UnlinkVolume", { VolumeId });
    expect(existsSync(byId)).toBe(false);
    // By its file: the number may be another's already.
    await expect.poll(() => loopDevicesOf(folder)).toEqual([]);
  });

  it("records a violation when a mounted volume is unlinked, and when it is deleted", async () => {
    const VolumeId = await volumeFromSeed();
    await link(VolumeId, "f");
    const root = mount(join(cloud.deviceFolder, "xvdf1"));
    await call("UnlinkVolume", { VolumeId });
    await call("DeleteVolume", { VolumeId });
    expect(cloud.status().violations.map(({ action, volumeId }) => [action, volumeId])).toEqual([
      ["UnlinkVolume", VolumeId],
      ["DeleteVolume", VolumeId],
    ]);
    unmount(root);
    const { violations } = await localCloudStatus(join(folder, "state"));
    expect(violations[0]?.details).toMatch(/holds a live file system|is held exclusively/);
  });

  it("keeps what is linked attached over a restart, with the same device", async () => {
    const VolumeId = await volumeFromSeed();
    await link(VolumeId, "f");
    const [before] = cloud.status().devices;
    await cloud.close();
    cloud = await startLocalCloud({ stateFolder: join(folder, "state") });
    expect(cloud.status().devices).toEqual([before]);
    expect(realpathSync(join(cloud.deviceFolder, "xvdf1"))).toBe(`${before?.device}p1`);
  });

  it("attaches again what was linked when its device is gone, and drops devices that nothing names", async () => {
    const VolumeId = await volumeFromSeed();
    await link(VolumeId, "f");
    await cloud.close();
    for (const { device } of loopDevicesOf(folder)) execFileSync("losetup", ["--detach", device]);
    const stray = join(folder, "state/disks/vol-00000000.raw");
    writeFileSync(stray, Buffer.alloc(1024 * 1024));
    execFileSync("losetup", ["--find", stray]);
    cloud = await startLocalCloud({ stateFolder: join(folder, "state") });
    await expect
      .poll(() => loopDevicesOf(folder).map(({ file }) => file))
      .toEqual([join(folder, "state/disks", `${VolumeId}.raw`)]);
    expect(existsSync(join(cloud.deviceFolder, "xvdf1"))).toBe(true);
    expect(existsSync(stray)).toBe(false);
  });

  it("reports a linked volume that it cannot attach again, and starts all the same", async () => {
    const VolumeId = await volumeFromSeed();
    await link(VolumeId, "f");
    await cloud.close();
    for (const { device } of loopDevicesOf(folder)) execFileSync("losetup", ["--detach", device]);
    rmSync(join(folder, "state/disks", `${VolumeId}.raw`));
    cloud = await startLocalCloud({ stateFolder: join(folder, "state") });
    expect(cloud.status().problems).toEqual([expect.stringContaining(`${VolumeId} could not be attached`)]);
  });

  it("knows its devices also below a folder that is a link", async () => {
    symlinkSync(join(folder, "real"), join(folder, "link"));
    mkdirSync(join(folder, "real"));
    const stateFolder = join(folder, "link/state");
    await cloud.close();
    cloud = await startLocalCloud({ stateFolder });
    const VolumeId = await volumeFromSeed();
    await link(VolumeId, "f");
    expect(cloud.status().devices.map(({ id }) => id)).toEqual([VolumeId]);
    await cloud.close();
    await resetLocalCloud(stateFolder);
    await expect.poll(() => loopDevicesOf(folder)).toEqual([]);
  });

  it("cuts a snapshot of a volume that is linked and mounted, with what was synced", async () => {
    const VolumeId = await volumeFromSeed();
    await link(VolumeId, "f");
    const root = mount(join(cloud.deviceFolder, "xvdf1"));
    writeFileSync(join(root, "synced"), "yes");
    execFileSync("sync", ["--file-system", root]);
    const { SnapshotId } = (await call("CreateSnapshot", { VolumeId })).body.Snapshot;
    unmount(root);
    const copy = (await call("CreateVolume", { SubregionName: "eu-west-2a", SnapshotId })).body.Volume.VolumeId;
    await link(copy, "g");
    expect(readFileSync(join(mount(join(cloud.deviceFolder, "xvdg1")), "synced"), "utf8")).toBe("yes");
  });

  it("refuses to import under a name that is taken or is none, and a disk that is not there", async () => {
    const state = join(folder, "state");
    const disk = join(folder, "disk.raw");
    writeFileSync(disk, Buffer.alloc(1024 * 1024));
    execFileSync("mkfs.ext4", ["-q", disk]);
    const { BlockDeviceMappings } = await importLocalImage(state, { name: "small", disk });
    expect(BlockDeviceMappings[0]?.Bsu?.VolumeSize).toBe(1);
    await expect(importLocalImage(state, { name: "small", disk })).rejects.toThrow('has the name "small" already');
    await expect(importLocalImage(state, { name: "a", disk })).rejects.toThrow('Cannot import a disk as "a"');
    await expect(importLocalImage(state, { name: "none", disk: join(folder, "none") })).rejects.toThrow(
      "Cannot read the disk",
    );
    await expect(exportLocalImage(state, { image: "none", disk: join(folder, "out") })).rejects.toThrow(
      "There is no image",
    );
  });

  it("grows a linked volume and its device", async () => {
    const VolumeId = await volumeFromSeed();
    await link(VolumeId, "f");
    await call("UpdateVolume", { VolumeId, Size: 3 });
    const size = execFileSync("blockdev", ["--getsize64", join(cloud.deviceFolder, "xvdf")], { encoding: "utf8" });
    expect(Number(size)).toBe(3 * 1024 ** 3);
  });

  it("brings a decoy of the same size when a fault asks for one, and takes it away again", async () => {
    const VolumeId = await volumeFromSeed();
    cloud.faults.add({ kind: "decoy-device" });
    await link(VolumeId, "f");
    expect(
      cloud
        .status()
        .devices.map(({ id }) => id)
        .sort(),
    ).toEqual([`decoy-${VolumeId}`, VolumeId]);
    await call("UnlinkVolume", { VolumeId });
    expect(cloud.status().devices).toEqual([]);
  });

  it("frees a device so that it can be opened exclusively", async () => {
    const VolumeId = await volumeFromSeed();
    await link(VolumeId, "f");
    unmount(mount(join(cloud.deviceFolder, "xvdf1")));
    closeSync(openSync(join(cloud.deviceFolder, "xvdf"), constants.O_RDONLY | constants.O_EXCL));
    await call("UnlinkVolume", { VolumeId });
    expect(cloud.status().violations).toEqual([]);
  });

  it("refuses a second server on the same state folder, and runs beside one on another", async () => {
    await expect(startLocalCloud({ stateFolder: join(folder, "state") })).rejects.toThrow("Another process uses");
    await using second = await startLocalCloud({ stateFolder: join(folder, "second") });
    expect(second.endpoint).not.toBe(cloud.endpoint);
  });
});
