import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import type { RequestOf } from "../../src/outscale/oapi.ts";
import { type Bakery, openBakery } from "../support/bake/bake.ts";
import { dataOn, ImageOwner, rootOn } from "../support/bake/image-owner.ts";
import { RecordedCalls } from "../support/bake/recorded-calls.ts";
import { requireRoot } from "../support/suite/requirements.ts";

const describe = requireRoot();

type Registration = RequestOf<"CreateImage">;

/** `SYSTEM` and `DATA` stand for snapshots of the source, `BUILT` for the one that the build makes. */
interface Golden {
  readonly title: string;
  readonly source: Partial<Registration>;
  readonly options?: RawConfig;
  readonly registered: Registration;
}

const builtRoot = {
  DeviceName: "/dev/sda1",
  Bsu: { DeleteOnVmDeletion: true, SnapshotId: "BUILT", VolumeSize: 1, VolumeType: "standard" },
};
const data = { SnapshotId: "DATA", VolumeSize: 1, VolumeType: "gp2", DeleteOnVmDeletion: true };
const legacy: Registration = {
  ImageName: "golden",
  Architecture: "x86_64",
  BootModes: ["legacy"],
  BlockDeviceMappings: [builtRoot],
  ProductCodes: ["0001"],
  RootDeviceName: "/dev/sda1",
  TpmMandatory: false,
};
const threeVolumes = [
  rootOn("SYSTEM"),
  dataOn("/dev/xvdb", "DATA"),
  { DeviceName: "/dev/xvdc", Bsu: { VolumeSize: 5 } },
];

const goldens: readonly Golden[] = [
  { title: "a plain source", source: {}, registered: legacy },
  {
    title: "a source that boots by UEFI alone, with TPM, product codes and a description",
    source: { BootModes: ["uefi"], TpmMandatory: true, ProductCodes: ["0001", "0002"], Description: "Licensed" },
    registered: {
      ...legacy,
      BootModes: ["uefi"],
      TpmMandatory: true,
      ProductCodes: ["0001", "0002"],
      Description: "Licensed",
    },
  },
  {
    title: "the same with boot modes, product codes and description of the configuration",
    source: { BootModes: ["uefi"], TpmMandatory: true, ProductCodes: ["0002"], Description: "Licensed" },
    options: {
      omi_boot_modes: ["legacy", "uefi"],
      product_codes: ["0007"],
      omi_product_codes: ["0008", "0007"],
      omi_description: "Mine, of {{.SourceOMIName}}",
    },
    registered: {
      ...legacy,
      BootModes: ["legacy", "uefi"],
      TpmMandatory: true,
      ProductCodes: ["0007", "0008"],
      Description: "Mine, of source",
    },
  },
  {
    title: "a source of several volumes",
    source: { BlockDeviceMappings: threeVolumes },
    registered: {
      ...legacy,
      BlockDeviceMappings: [
        builtRoot,
        { DeviceName: "/dev/xvdb", Bsu: data },
        { DeviceName: "/dev/xvdc", Bsu: { VolumeSize: 5, VolumeType: "standard", DeleteOnVmDeletion: true } },
      ],
    },
  },
  {
    title: "several volumes: one changed, one left out, one added, one ephemeral",
    source: { BlockDeviceMappings: threeVolumes },
    options: {
      omi_block_device_mappings: [
        { device_name: "/dev/xvdb", volume_type: "io1", iops: 200, volume_size: 3, delete_on_vm_deletion: false },
        { device_name: "/dev/xvdc", no_device: true },
        { device_name: "/dev/xvdd", volume_size: 7 },
        { device_name: "/dev/xvde", virtual_name: "ephemeral0" },
      ],
    },
    registered: {
      ...legacy,
      BlockDeviceMappings: [
        builtRoot,
        {
          DeviceName: "/dev/xvdb",
          Bsu: { SnapshotId: "DATA", VolumeSize: 3, VolumeType: "io1", Iops: 200, DeleteOnVmDeletion: false },
        },
        { DeviceName: "/dev/xvdd", Bsu: { VolumeSize: 7 } },
        { DeviceName: "/dev/xvde", VirtualDeviceName: "ephemeral0" },
      ],
    },
  },
  {
    title: "a root of type io1",
    source: { BlockDeviceMappings: [rootOn("SYSTEM", { VolumeType: "io1", Iops: 150, DeleteOnVmDeletion: false })] },
    registered: {
      ...legacy,
      BlockDeviceMappings: [
        {
          DeviceName: "/dev/sda1",
          Bsu: { DeleteOnVmDeletion: false, SnapshotId: "BUILT", VolumeSize: 1, VolumeType: "io1", Iops: 150 },
        },
      ],
    },
  },
  {
    title: "the same as gp2, without the iops",
    source: { BlockDeviceMappings: [rootOn("SYSTEM", { VolumeType: "io1", Iops: 150 })] },
    options: { root_volume_type: "gp2" },
    registered: {
      ...legacy,
      BlockDeviceMappings: [{ ...builtRoot, Bsu: { ...builtRoot.Bsu, VolumeType: "gp2" } }],
    },
  },
  {
    title: "a root that grows, on a volume of a type of its own",
    source: {},
    options: {
      root_volume_size: 2,
      root_volume_type: "gp2",
      omi_block_device_mappings: [{ device_name: "/dev/sda1", volume_size: 3, volume_type: "io1", iops: 900 }],
    },
    registered: {
      ...legacy,
      BlockDeviceMappings: [
        {
          DeviceName: "/dev/sda1",
          Bsu: { DeleteOnVmDeletion: true, SnapshotId: "BUILT", VolumeSize: 3, VolumeType: "io1", Iops: 900 },
        },
      ],
    },
  },
];

describe("CreateImage", () => {
  let bakery: Bakery;
  let own: ImageOwner;
  let SYSTEM: string;
  let DATA: string;
  beforeAll(async () => {
    bakery = await openBakery("golden-test");
    own = new ImageOwner(bakery, "builder");
    SYSTEM = await own.snapshot();
    DATA = await own.snapshot();
  });
  afterAll(async () => {
    await own.api[Symbol.asyncDispose]();
    await bakery.close();
  });
  afterEach(async () => {
    const { Images } = await own.api.readImages({ Filters: { AccountIds: [own.accountId] } });
    for (const { ImageId } of Images) await own.api.deleteImage({ ImageId });
    await bakery.cloud.idle();
  });

  /** The same request with other names for its snapshots. */
  const renamed = <Request extends object>(request: Request, names: Readonly<Record<string, string>>): Request =>
    JSON.parse(JSON.stringify(request), (_key, value) =>
      typeof value === "string" && Object.hasOwn(names, value) ? names[value] : value,
    );

  it.each(goldens.map((golden) => [golden.title, golden] as const))(
    "registers from %s",
    async (_title, { source, options = {}, registered }) => {
      const whole = { BlockDeviceMappings: [rootOn("SYSTEM")], ...source, ImageName: "source" };
      const { ImageId } = await own.register(renamed(whole, { SYSTEM, DATA }));
      const calls = new RecordedCalls(bakery);
      const { artifact } = await bakery.bake({
        ...{ source_omi: ImageId, omi_name: "golden", boot_check: "off", polling: { min: "5ms", max: "50ms" } },
        ...options,
      });
      const built = artifact?.product.snapshotIds.find((id) => id !== DATA) ?? "";
      expect(calls.of("CreateImage").map((each) => renamed(each, { [built]: "BUILT", [DATA]: "DATA" }))).toEqual([
        registered,
      ]);
    },
  );
});
