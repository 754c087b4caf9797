import type { CommandRunner } from "../../host/run-command.ts";
import type { Vm } from "../../outscale/oapi.ts";
import { type Cloud, newId, subregionsOf, timestamp } from "../cloud.ts";
import { ROOT_DEVICE_NAME } from "../device-names.ts";
import { registerDisk } from "../register-disk.ts";
import { plantSeed } from "./plant-seed.ts";
import type { Seed } from "./read-seed.ts";
import { makeSeedImage, SEED_SIZE_GIB } from "./seed-image.ts";

/** A name that `Debian-12-*` finds, as the official images have it. */
const SEED_IMAGE_NAME = "Debian-12-2026.01.01-0";
const VM_ROOT_GIB = 10;

/**
 * What a new cloud holds: the public image of the `Outscale` account, whose snapshot is shared with nobody, and the VM
 * on which builds run, with its root volume. The records come last and at once: killed before, the next start seeds.
 */
export async function seedCloud(cloud: Cloud, host: CommandRunner, seed: Seed = {}): Promise<void> {
  const snapshotId = newId("snap");
  const rootVolumeId = newId("vol");
  await cloud.disks.make(snapshotId, (path) => makeSeedImage(host, path));
  await cloud.disks.create(rootVolumeId, VM_ROOT_GIB);
  const storeSeed = await plantSeed(cloud, host, seed);
  const image = registerDisk(cloud, cloud.accounts.byRole("outscale").id, {
    snapshotId,
    sizeGib: SEED_SIZE_GIB,
    name: SEED_IMAGE_NAME,
    description: "Debian 12 in name: a small system of this machine's own programs",
    permissions: { AccountIds: [], GlobalPermission: true },
  });
  seedVm(cloud, { imageId: image.ImageId, rootVolumeId });
  storeSeed();
}

/** Adds the VMs that are missing to the number that was asked for. Each has a root volume of its own. */
export async function addVms(cloud: Cloud): Promise<void> {
  for (let count = cloud.store.vms.values().length; count < cloud.settings.vms; count++) {
    const rootVolumeId = newId("vol");
    await cloud.disks.create(rootVolumeId, VM_ROOT_GIB);
    seedVm(cloud, { imageId: cloud.store.vms.values()[0]?.api.ImageId ?? "", rootVolumeId });
  }
}

function seedVm(cloud: Cloud, { imageId, rootVolumeId }: { imageId: string; rootVolumeId: string }): void {
  const { id: accountId } = cloud.accounts.byRole("builder");
  const [subregion = ""] = subregionsOf(cloud.settings.region);
  const now = timestamp(cloud);
  const vm = builderVm(cloud, { imageId, subregion });
  cloud.store.vms.put({ id: vm.VmId, accountId, api: { ...vm, Tags: [] } });
  const linked = { DeleteOnVmDeletion: true, DeviceName: ROOT_DEVICE_NAME, State: "attached", VmId: vm.VmId };
  cloud.store.volumes.put({
    id: rootVolumeId,
    accountId,
    isVmRoot: true,
    linkDate: now,
    api: {
      VolumeId: rootVolumeId,
      State: "in-use",
      Size: VM_ROOT_GIB,
      VolumeType: "standard",
      SubregionName: subregion,
      CreationDate: now,
      LinkedVolumes: [{ ...linked, VolumeId: rootVolumeId }],
      Tags: [],
    },
  });
}

function builderVm(cloud: Cloud, { imageId, subregion }: { imageId: string; subregion: string }): Vm {
  const number = cloud.store.vms.values().length + 10;
  const ip = `10.0.0.${number}`;
  const hostName = `ip-10-0-0-${number}.${cloud.settings.region}.compute.internal`;
  return {
    VmId: newId("i"),
    State: "running",
    StateReason: "",
    ImageId: imageId,
    Architecture: "x86_64",
    BlockDeviceMappings: [],
    BootMode: "uefi",
    BsuOptimized: false,
    CreationDate: timestamp(cloud),
    DeletionProtection: false,
    Hypervisor: "xen",
    LaunchNumber: 0,
    NestedVirtualization: false,
    Performance: "medium",
    Placement: { SubregionName: subregion, Tenancy: "default" },
    PrivateDnsName: hostName,
    PrivateIp: ip,
    ProductCodes: ["0001"],
    ReservationId: newId("r"),
    RootDeviceName: ROOT_DEVICE_NAME,
    RootDeviceType: "ebs",
    SecurityGroups: [],
    VmType: "tinav7.c2r4p2",
    VmInitiatedShutdownBehavior: "stop",
  };
}
