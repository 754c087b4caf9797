import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { exportLocalImage, resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { loopDevicesOf } from "../../src/local-cloud/disks/loop-devices.ts";
import { signedCall } from "../support/local-cloud/signed-call.ts";
import { bundleLocalCloud, type SpawnedCloud, spawnLocalCloud } from "../support/local-cloud/spawn-local-cloud.ts";
import { all, storageOf } from "../support/local-cloud/storage-of.ts";
import { Random } from "../support/suite/random.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { isWholeSweep } from "../support/suite/sample.ts";

const describe = requirePrograms("losetup", "partx", "sfdisk", "mkfs.ext4", "flock", "qemu-img");
const KILLS = isWholeSweep ? 40 : 5;
const SEED = 20260103;
/** An export or an import of the small image takes about so long. */
const LONGEST_WORK_MS = 600;
const ENDED = ["completed", "available", "error", "failed"];

describe("exports and imports under kill -9", () => {
  it(`go on to their end, once they were acknowledged, in ${KILLS} kills`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "transfers-kill-"));
    const stateFolder = join(folder, "state");
    let cloud: SpawnedCloud | undefined;
    try {
      const bundle = await bundleLocalCloud(folder);
      cloud = await spawnLocalCloud(bundle, stateFolder);
      const ImageId = await ownImage(cloud);
      await using first = storageOf(cloud.caller);
      await first.createBucket("exports");
      const random = new Random(SEED);
      const names: string[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        const TaskId = await beginExport(cloud, ImageId);
        if (kill > 0) names.push(await beginImport(cloud, ImageId, `copy-${kill}`));
        await setTimeout(random.below(LONGEST_WORK_MS));
        await cloud.kill(random.pick(["alone", "with its children"]));
        cloud = await spawnLocalCloud(bundle, stateFolder);
        await settled(cloud);
        const { ImageExportTasks: tasks } = await call(cloud, "ReadImageExportTasks", {
          Filters: { TaskIds: [TaskId] },
        });
        expect(tasks).toMatchObject([{ State: "completed", Progress: 100 }]);
        await checkObjects(cloud, stateFolder);
      }
      await checkImages(cloud, { ImageId, names, folder, stateFolder });
    } finally {
      await cloud?.stop();
      await resetLocalCloud(stateFolder);
      await expect.poll(() => loopDevicesOf(folder)).toEqual([]);
      rmSync(folder, { recursive: true });
    }
  });
});

async function call({ caller }: SpawnedCloud, action: string, request: object = {}) {
  return (await signedCall(caller, action, request)).body;
}

async function ownImage(cloud: SpawnedCloud): Promise<string> {
  const [seed] = (await call(cloud, "ReadImages")).Images;
  const copy = { SourceImageId: seed.ImageId, SourceRegionName: "eu-west-2", ImageName: "own" };
  const { Image } = await call(cloud, "CreateImage", copy);
  await settled(cloud);
  return Image.ImageId;
}

async function beginExport(cloud: SpawnedCloud, ImageId: string): Promise<string> {
  const OsuExport = { DiskImageFormat: "qcow2", OsuBucket: "exports" };
  return (await call(cloud, "CreateImageExportTask", { ImageId, OsuExport })).ImageExportTask.TaskId;
}

async function beginImport(cloud: SpawnedCloud, ImageId: string, ImageName: string): Promise<string> {
  await using storage = storageOf(cloud.caller);
  const FileLocation = storage.presign({ bucket: "exports", key: `${ImageId}/manifest.json` }, 600);
  return (await call(cloud, "CreateImage", { ImageName, FileLocation })).Image.ImageName;
}

/** Resolves when nothing is on its way any more. */
async function settled(cloud: SpawnedCloud): Promise<void> {
  for (;;) {
    const { ImageExportTasks } = await call(cloud, "ReadImageExportTasks");
    const { Images } = await call(cloud, "ReadImages");
    const { Snapshots } = await call(cloud, "ReadSnapshots");
    const states = [...ImageExportTasks, ...Images, ...Snapshots].map(({ State }) => State);
    if (states.every((state) => ENDED.includes(state))) return;
    await setTimeout(50);
  }
}

/** Every file is an object's, and nothing of what was on its way is left. */
async function checkObjects(cloud: SpawnedCloud, stateFolder: string): Promise<void> {
  await using storage = storageOf(cloud.caller);
  const listed = await all(storage.list("exports"));
  expect(readdirSync(join(stateFolder, "objects"))).toHaveLength(listed.length);
}

async function checkImages(
  cloud: SpawnedCloud,
  { ImageId, names, folder, stateFolder }: { ImageId: string; names: string[]; folder: string; stateFolder: string },
): Promise<void> {
  const { Images } = await call(cloud, "ReadImages", { Filters: { ImageNames: names } });
  expect(Images).toHaveLength(names.length);
  const [own, copy] = [join(folder, "own.raw"), join(folder, "copy.raw")];
  await exportLocalImage(stateFolder, { image: ImageId, disk: own });
  for (const image of Images) {
    expect(image.State, image.ImageName).toBe("available");
    await exportLocalImage(stateFolder, { image: image.ImageId, disk: copy });
    execFileSync("cmp", [own, copy]);
  }
}
