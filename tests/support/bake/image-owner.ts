import type { AccountRole } from "../../../src/local-cloud/accounts.ts";
import type { Api } from "../../../src/outscale/api.ts";
import { createApi } from "../../../src/outscale/client.ts";
import type { Image, RequestOf } from "../../../src/outscale/oapi.ts";
import { unlimited } from "../../../src/outscale/rate-limiter.ts";
import type { Bakery } from "./bake.ts";

/** An account of the local cloud that registers images to build from. All of them hold the seeded small system. */
export class ImageOwner {
  readonly accountId: string;
  readonly api: Api & AsyncDisposable;
  readonly #bakery: Bakery;

  constructor(bakery: Bakery, role: AccountRole) {
    const { id, accessKey, secretKey } = bakery.cloud.account(role);
    const access = { endpoint: bakery.cloud.endpoint, region: "eu-west-2", accessKey, secretKey };
    this.accountId = id;
    this.api = createApi({ access: { ...access, insecureSkipTlsVerify: false }, env: {}, limiter: unlimited });
    this.#bakery = bakery;
  }

  /** A snapshot of its own with the seeded system. */
  async snapshot(): Promise<string> {
    const { Images } = await this.api.readImages({ Filters: { AccountAliases: ["Outscale"] } });
    const request = {
      SourceImageId: Images[0]?.ImageId ?? "",
      SourceRegionName: "eu-west-2",
      ImageName: "for-a-snapshot",
    };
    const { Image } = await this.api.createImage(request);
    await this.#bakery.cloud.idle();
    await this.api.deleteImage({ ImageId: Image.ImageId });
    await this.#bakery.cloud.idle();
    return Image.BlockDeviceMappings[0]?.Bsu?.SnapshotId ?? "";
  }

  /** Registers an image over snapshots. Without mappings: over a new snapshot, as its root. */
  async register(request: Partial<RequestOf<"CreateImage">> & { readonly ImageName: string }): Promise<Image> {
    const mappings = request.BlockDeviceMappings ?? [rootOn(await this.snapshot())];
    const { Image } = await this.api.createImage({ ...request, BlockDeviceMappings: mappings });
    await this.#bakery.cloud.idle();
    return Image;
  }

  /** Lets the builder's account launch an image: alone that gives no access to its snapshots. */
  async shareImage(ImageId: string): Promise<void> {
    const Additions = { AccountIds: [this.#bakery.cloud.account("builder").id] };
    await this.api.updateImage({ ImageId, PermissionsToLaunch: { Additions } });
  }

  async shareSnapshot(SnapshotId: string): Promise<void> {
    const Additions = { AccountIds: [this.#bakery.cloud.account("builder").id] };
    await this.api.updateSnapshot({ SnapshotId, PermissionsToCreateVolume: { Additions } });
  }

  async publishSnapshot(SnapshotId: string): Promise<void> {
    await this.api.updateSnapshot({ SnapshotId, PermissionsToCreateVolume: { Additions: { GlobalPermission: true } } });
  }

  /** Removes every image and snapshot of the account. */
  async clear(): Promise<void> {
    const AccountIds = [this.accountId];
    const { Images } = await this.api.readImages({ Filters: { AccountIds } });
    for (const { ImageId } of Images) await this.api.deleteImage({ ImageId });
    await this.#bakery.cloud.idle();
    const { Snapshots } = await this.api.readSnapshots({ Filters: { AccountIds } });
    for (const { SnapshotId } of Snapshots) await this.api.deleteSnapshot({ SnapshotId });
    await this.#bakery.cloud.idle();
  }
}

type Mapping = NonNullable<RequestOf<"CreateImage">["BlockDeviceMappings"]>[number];

/** The root's mapping, as the seeded image has it. */
export function rootOn(SnapshotId: string, changes: Mapping["Bsu"] = {}): Mapping {
  const bsu = { SnapshotId, VolumeSize: 1, VolumeType: "standard", DeleteOnVmDeletion: true };
  return { DeviceName: "/dev/sda1", Bsu: { ...bsu, ...changes } };
}

/** A data volume's mapping. */
export function dataOn(DeviceName: string, SnapshotId: string): Mapping {
  return { DeviceName, Bsu: { SnapshotId, VolumeSize: 1, VolumeType: "gp2", DeleteOnVmDeletion: true } };
}
