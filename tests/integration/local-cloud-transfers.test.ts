import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { exportLocalImage, resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { emptyQcow2 } from "../../src/local-cloud/disks/empty-qcow2.ts";
import { loopDevicesOf } from "../../src/local-cloud/disks/loop-devices.ts";
import { type LocalCloud, startLocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { signedCall } from "../support/local-cloud/signed-call.ts";
import { all, storageOf } from "../support/local-cloud/storage-of.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("losetup", "partx", "sfdisk", "mkfs.ext4", "flock", "qemu-img");
const MOST = { mostBytes: 256 * 1024 ** 2 };

describe("an image that goes to a bucket and into another region", () => {
  const folder = mkdtempSync(join(tmpdir(), "transfers-"));
  const stateFolder = join(folder, "state");
  let cloud: LocalCloud;
  const [west, east] = [() => cloud.regions[0] as LocalCloud, () => cloud.regions[1] as LocalCloud];
  const callerOf = (region: LocalCloud) => ({
    ...{ endpoint: region.endpoint, region: region.regionName },
    ...region.account("builder"),
  });
  const call = async (region: LocalCloud, action: string, request: object = {}) => {
    const { body } = await signedCall(callerOf(region), action, request);
    await region.idle();
    return body;
  };

  beforeAll(async () => {
    cloud = await startLocalCloud({ stateFolder, regions: ["eu-west-2", "us-east-2"] });
  });
  afterAll(async () => {
    await cloud?.close();
    await resetLocalCloud(stateFolder);
    await vi.waitFor(() => expect(loopDevicesOf(folder)).toEqual([]), { timeout: 60_000 });
    rmSync(folder, { recursive: true });
  });

  it("is a whole qcow2 of zeroes where disks are in memory, of any size", () => {
    const file = join(folder, "empty.qcow2");
    for (const sizeGib of [1, 10, 9_000]) {
      writeFileSync(file, emptyQcow2(sizeGib * 1024 ** 3));
      execFileSync("qemu-img", ["check", "-f", "qcow2", file]);
      const info = JSON.parse(String(execFileSync("qemu-img", ["info", "--output=json", "-f", "qcow2", file])));
      expect(info["virtual-size"]).toBe(sizeGib * 1024 ** 3);
    }
  });

  it("is a whole qcow2 there, and has the same bytes at its end", async () => {
    const [seed] = (await call(west(), "ReadImages")).Images;
    const copy = { SourceImageId: seed.ImageId, SourceRegionName: "eu-west-2", ImageName: "own" };
    const { Image: own } = await call(west(), "CreateImage", copy);
    await using storage = storageOf(callerOf(west()));
    await storage.createBucket("exports");
    const OsuExport = { DiskImageFormat: "qcow2", OsuBucket: "exports", OsuPrefix: "build" };
    const { ImageExportTask: asked } = await call(west(), "CreateImageExportTask", { ImageId: own.ImageId, OsuExport });
    expect(asked).toMatchObject({
      State: "pending/queued",
      Progress: 0,
      OsuExport: { OsuPrefix: `build/${own.ImageId}/` },
    });
    const tasks = await call(west(), "ReadImageExportTasks", { Filters: { TaskIds: [asked.TaskId] } });
    expect(tasks.ImageExportTasks).toMatchObject([{ State: "completed", Progress: 100 }]);

    const keys = (await all(storage.list("exports", `build/${own.ImageId}/`))).map(({ key }) => key);
    const snapshotKey = keys.find((key) => key.endsWith(".qcow2.gz")) ?? "";
    expect(snapshotKey).toMatch(/\/snap-[0-9a-f]{8}-[0-9a-f]{8}\.qcow2\.gz$/);
    const disk = join(folder, "disk.qcow2");
    writeFileSync(disk, gunzipSync(await storage.read({ bucket: "exports", key: snapshotKey }, MOST)));
    execFileSync("qemu-img", ["check", "-f", "qcow2", disk]);
    const manifest = { bucket: "exports", key: `build/${own.ImageId}/manifest.json` };
    const { Version, Image } = JSON.parse(String(await storage.read(manifest, MOST)));
    expect([Version, Image.ProductTypes, Image.Snapshots]).toEqual([
      1,
      ["0001"],
      [expect.objectContaining({ Device: "/dev/sda1", Size: 1024 ** 3, Filename: snapshotKey.split("/").at(-1) })],
    ]);

    const FileLocation = storage.presign(manifest, 600);
    const { Image: imported } = await call(east(), "CreateImage", { ImageName: "copied", FileLocation });
    expect(imported).toMatchObject({ State: "pending", BlockDeviceMappings: [] });
    const [there] = (await call(east(), "ReadImages", { Filters: { ImageIds: [imported.ImageId] } })).Images;
    expect(there).toMatchObject({ State: "available", ProductCodes: ["0001"], RootDeviceName: "/dev/sda1" });
    const [one, other] = [join(folder, "one.raw"), join(folder, "other.raw")];
    await exportLocalImage(stateFolder, { image: own.ImageId, disk: one });
    await exportLocalImage(join(stateFolder, "regions", "us-east-2"), { image: imported.ImageId, disk: other });
    execFileSync("cmp", [one, other]);
  });
});
