import type { OmiArtifact } from "../../../src/builder/artifact.ts";
import type { RawConfig } from "../../../src/definition/raw-value.ts";
import type { LocalCloud } from "../../../src/local-cloud/start-local-cloud.ts";
import type { Api } from "../../../src/outscale/api.ts";
import type { Image } from "../../../src/outscale/oapi.ts";
import { storageOf } from "../local-cloud/storage-of.ts";
import { RecordingUi } from "../terminal/recording-ui.ts";
import { type Baked, type Bakery, openBakery, publicSource } from "./bake.ts";
import { ImageOwner } from "./image-owner.ts";
import { apiOf, type Census, censusOf } from "./region-census.ts";

/** Builds `far` at home, for two other regions. */
export const farConfig: RawConfig = {
  ...publicSource,
  omi_name: "far",
  omi_regions: ["us-east-2", "us-west-1"],
  region_copy: { bucket: "acme" },
};

/** A local cloud of three regions, and builds at home that publish in the others. */
export class RegionBench implements AsyncDisposable {
  readonly bakery: Bakery;
  readonly home: LocalCloud;
  readonly east: LocalCloud;
  readonly west: LocalCloud;
  readonly eastApi: Api & AsyncDisposable;
  readonly own: ImageOwner;
  /** Destroyed by {@link clear}, in this order. */
  readonly artifacts: OmiArtifact[] = [];
  /** What was there when the test began, or when it has counted anew. */
  before: Readonly<Record<string, Census>> = {};

  private constructor(bakery: Bakery) {
    this.bakery = bakery;
    [this.home, this.east, this.west] = bakery.cloud.regions as [LocalCloud, LocalCloud, LocalCloud];
    this.eastApi = apiOf(this.east);
    this.own = new ImageOwner(bakery, "builder");
  }

  /** Its home has the bucket `acme`. */
  static async open(name: string): Promise<RegionBench> {
    const bench = new RegionBench(await openBakery(name, { regions: ["eu-west-2", "us-east-2", "us-west-1"] }));
    await using storage = storageOf({ ...bench.home.account("builder"), endpoint: bench.home.endpoint });
    await storage.createBucket("acme");
    return bench;
  }

  async count(): Promise<void> {
    this.before = await censusOf(this.bakery.cloud);
  }

  async bake(options: RawConfig = {}, ui = new RecordingUi()): Promise<Baked> {
    const baked = await this.bakery.bake({ ...farConfig, ...options }, { ui });
    if (baked.artifact) this.artifacts.push(baked.artifact);
    return baked;
  }

  /** An image of another region, whole. */
  async readIn(cloud: LocalCloud, imageId: string | undefined) {
    await using api = apiOf(cloud);
    const { Images } = await api.readImages({ Filters: { ImageIds: [imageId ?? ""] } });
    const SnapshotIds = Images[0]?.BlockDeviceMappings.flatMap(({ Bsu }) => Bsu?.SnapshotId ?? []) ?? [];
    const { Snapshots } = await api.readSnapshots({ Filters: { SnapshotIds } });
    return { image: Images[0], snapshots: Snapshots };
  }

  /** The public OMI of a region, with mappings that an account of it can use. */
  async seeded(cloud: LocalCloud): Promise<Image> {
    await using api = apiOf(cloud);
    const { Images } = await api.readImages({ Filters: { AccountAliases: ["Outscale"] } });
    const request = {
      SourceImageId: Images[0]?.ImageId ?? "",
      SourceRegionName: cloud.regionName,
      ImageName: "seeded",
    };
    const { Image: copy } = await api.createImage(request);
    await cloud.idle();
    await api.deleteImage({ ImageId: copy.ImageId });
    await cloud.idle();
    return copy;
  }

  /** After a test. */
  async clear(): Promise<void> {
    for (const region of this.bakery.cloud.regions) region.faults.clear();
    for (const artifact of this.artifacts.splice(0)) await artifact.destroy();
    await this.own.clear();
    const { Images } = await this.eastApi.readImages({ Filters: { AccountIds: [this.east.account("builder").id] } });
    for (const image of Images) await this.#removeInEast(image);
  }

  async #removeInEast({ ImageId, BlockDeviceMappings }: Image): Promise<void> {
    await this.eastApi.deleteImage({ ImageId });
    await this.east.idle();
    for (const { Bsu } of BlockDeviceMappings) await this.eastApi.deleteSnapshot({ SnapshotId: Bsu?.SnapshotId ?? "" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.eastApi[Symbol.asyncDispose]();
    await this.own.api[Symbol.asyncDispose]();
    await this.bakery.close();
  }
}
