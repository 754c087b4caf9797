import type { CommandRunner } from "../../host/run-command.ts";
import { checkImageName } from "../actions/image-name.ts";
import { volumeShape } from "../actions/volume-rules.ts";
import { type Cloud, newId, subregionsOf, timestamp } from "../cloud.ts";
import { fillFromDisk, fillWithSystem, sizeGibOf } from "../disks/disk-transfer.ts";
import { LocalCloudError } from "../local-cloud-error.ts";
import { Refusal } from "../refusal.ts";
import { registerDisk } from "../register-disk.ts";
import type { Seed } from "./read-seed.ts";

type SeedImage = NonNullable<Seed["images"]>[number];
type SeedVolume = NonNullable<Seed["volumes"]>[number];

/**
 * Makes the disks of a seed.
 * @returns what stores its images and volumes, all at once: killed before, the next start plants the seed anew
 * @throws {LocalCloudError} for a name, size or type that the API would refuse
 */
export async function plantSeed(cloud: Cloud, host: CommandRunner, seed: Seed): Promise<() => void> {
  const store: (() => void)[] = [];
  for (const image of seed.images ?? []) store.push(await plantImage(cloud, host, image));
  for (const volume of seed.volumes ?? []) store.push(await plantVolume(cloud, host, volume));
  return () => {
    for (const each of store) each();
  };
}

async function plantImage(cloud: Cloud, host: CommandRunner, image: SeedImage): Promise<() => void> {
  const account = cloud.accounts.byRole(image.account ?? "builder");
  const { name, disk } = image;
  const check = () => orRefuse(`the image "${name}"`, () => checkImageName({ cloud, account }, name));
  check();
  const snapshotId = newId("snap");
  const sizeGib = await sizeGibOf(disk);
  await cloud.disks.make(snapshotId, (path) => fillWithSystem(host, disk, path));
  return () => {
    check();
    registerDisk(cloud, account.id, {
      snapshotId,
      sizeGib,
      name,
      description: image.description ?? "",
      permissions: { AccountIds: [], GlobalPermission: image.public ?? false },
      tags: tagsOf(image.tags),
      ...(image.boot_modes && { bootModes: image.boot_modes }),
    });
  };
}

async function plantVolume(cloud: Cloud, host: CommandRunner, volume: SeedVolume): Promise<() => void> {
  const { disk } = volume;
  const least = disk === undefined ? 0 : await sizeGibOf(disk);
  const Size = volume.size ?? least;
  if (Size < Math.max(least, 1))
    throw new LocalCloudError(`A volume of the seed has ${Size} GiB, and its disk needs ${least} GiB`);
  const asked = { Size, VolumeType: volume.type ?? "standard", Iops: volume.iops };
  const shape = orRefuse("a volume", () => volumeShape(asked));
  const id = newId("vol");
  if (disk === undefined) await cloud.disks.create(id, Size);
  else {
    await cloud.disks.make(id, (path) => fillFromDisk(host, disk, path));
    await cloud.disks.grow(id, Size);
  }
  const [SubregionName = ""] = subregionsOf(cloud.settings.region);
  const times = { CreationDate: timestamp(cloud), LinkedVolumes: [], Tags: tagsOf(volume.tags) };
  const api = { VolumeId: id, State: "available", ...shape, SubregionName, ...times };
  return () => cloud.store.volumes.put({ id, accountId: cloud.accounts.byRole(volume.account ?? "builder").id, api });
}

function tagsOf(tags: Readonly<Record<string, string>> = {}): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

function orRefuse<Value>(what: string, run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    if (error instanceof Refusal) throw new LocalCloudError(`The seed has ${what}: ${error.message}`);
    throw error;
  }
}
