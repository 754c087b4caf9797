import { expect } from "vitest";
import { rootOn } from "../bake/image-owner.ts";
import type { OptionProof } from "./proof-bench.ts";

/** What the build starts from. */
export const sourceProofs: readonly OptionProof[] = [
  {
    options: ["source_omi"],
    shows: "the volume is made from that OMI's snapshot",
    prove: async (bench) => {
      const snapshot = await bench.own.snapshot();
      const { ImageId } = await bench.own.register({ ImageName: "another", BlockDeviceMappings: [rootOn(snapshot)] });
      const { calls } = await bench.bake({ source_omi: ImageId });
      expect(calls.of("CreateVolume")).toMatchObject([{ SnapshotId: snapshot }]);
      await bench.own.api.deleteImage({ ImageId });
    },
  },
  {
    options: [
      ...["source_omi_filter", "source_omi_filter.filters", "source_omi_filter.owners"],
      ...["source_omi_filter.filter", "source_omi_filter.filter.name", "source_omi_filter.filter.value"],
    ],
    shows: "ReadImages asks for what they say",
    prove: async (bench) => {
      const filter = [{ name: "root-device-name", value: "/dev/sda1" }];
      const { calls } = await bench.bake({
        source_omi_filter: { filters: { "image-name": "bas*" }, filter, owners: ["self", "111111111111"] },
      });
      expect(calls.of("ReadImages")[0]?.Filters).toEqual({
        ImageNames: ["bas*"],
        RootDeviceNames: ["/dev/sda1"],
        AccountIds: [bench.own.accountId, "111111111111"],
        States: ["available"],
      });
    },
  },
  {
    options: ["source_omi_filter.most_recent"],
    shows: "the newest of several is taken, which is an error without it",
    prove: async (bench) => {
      const snapshot = await bench.own.snapshot();
      const newer = await bench.own.register({ ImageName: "base-2", BlockDeviceMappings: [rootOn(snapshot)] });
      const filter = { filters: { name: "base*" }, owners: ["self"] };
      const { error } = await bench.bakeInVain({ source_omi_filter: filter });
      expect(error.message).toMatch(/2 OMIs match/);
      const { calls } = await bench.bake({ source_omi_filter: { ...filter, most_recent: true } });
      expect(calls.of("CreateVolume")).toMatchObject([{ SnapshotId: snapshot }]);
      await bench.own.api.deleteImage({ ImageId: newer.ImageId });
    },
  },
  {
    options: ["from_scratch", "root_volume_size", "root_volume_type", "root_device_name", "pre_mount_commands"],
    shows: "an empty volume of that size and type, filled by the commands, becomes the root under that name",
    prove: async (bench) => {
      const { calls } = await bench.bake({
        from_scratch: true,
        root_volume_size: 2,
        root_volume_type: "standard",
        root_device_name: "/dev/xvdb",
        pre_mount_commands: ["mkfs.ext4 -q -L scratch {{.Device}}", "blkid -o value -s LABEL {{.Device}} > /dev/null"],
        mount_partition: "0",
        omi_block_device_mappings: [{ device_name: "/dev/xvdb" }],
        chroot_mounts: [["tmpfs", "tmpfs", "/tmp"]],
      });
      const [volume] = calls.of("CreateVolume");
      expect(volume).toMatchObject({ Size: 2, VolumeType: "standard" });
      expect(volume).not.toHaveProperty("SnapshotId");
      expect(calls.of("CreateImage")).toMatchObject([
        { RootDeviceName: "/dev/xvdb", BlockDeviceMappings: [{ DeviceName: "/dev/xvdb", Bsu: { VolumeSize: 2 } }] },
      ]);
    },
  },
  {
    options: ["root_volume_tags", "root_volume_tag", "root_volume_tag.key", "root_volume_tag.value"],
    shows: "the volume carries them while the build runs",
    prove: async (bench) => {
      const { calls } = await bench.bake({
        root_volume_tags: { Purpose: "baking {{.SourceOMIName}}" },
        root_volume_tag: [{ key: "Stage", value: "test" }],
      });
      const tagged = calls.of("CreateTags").find(({ ResourceIds }) => ResourceIds[0]?.startsWith("vol-"));
      expect(tagged?.Tags).toEqual([
        { Key: "Purpose", Value: "baking base" },
        { Key: "Stage", Value: "test" },
      ]);
    },
  },
  {
    options: ["", ".device_name", ".delete_on_vm_deletion", ".iops", ".snapshot_id", ".virtual_name", ".volume_size"]
      .concat(".volume_type", ".no_device")
      .map((field) => `omi_block_device_mappings${field}`),
    shows: "the registered mappings are those, and one of the source is left out",
    prove: async (bench) => {
      const snapshot = await bench.own.snapshot();
      const { calls } = await bench.bake({
        omi_block_device_mappings: [
          { device_name: "/dev/xvdz", no_device: true },
          { device_name: "/dev/xvdb", volume_size: 4, volume_type: "io1", iops: 300, delete_on_vm_deletion: false },
          { device_name: "/dev/xvdc", snapshot_id: snapshot },
          { device_name: "/dev/xvdd", virtual_name: "ephemeral1" },
        ],
      });
      const [, ...mappings] = calls.of("CreateImage")[0]?.BlockDeviceMappings ?? [];
      expect(mappings).toEqual([
        { DeviceName: "/dev/xvdb", Bsu: { VolumeSize: 4, VolumeType: "io1", Iops: 300, DeleteOnVmDeletion: false } },
        { DeviceName: "/dev/xvdc", Bsu: { SnapshotId: snapshot } },
        { DeviceName: "/dev/xvdd", VirtualDeviceName: "ephemeral1" },
      ]);
    },
  },
];
