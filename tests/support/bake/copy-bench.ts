import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type CopiedOmi, type CopyOmiInput, copyOmi } from "../../../src/bake/omis/copy-omi.ts";
import type { CleanedRun } from "../../../src/builder/clean-up-runs.ts";
import { exportLocalImage } from "../../../src/local-cloud/administer-cloud.ts";
import type { LocalCloudOptions } from "../../../src/local-cloud/options.ts";
import type { LocalCloud } from "../../../src/local-cloud/start-local-cloud.ts";
import type { Api } from "../../../src/outscale/api.ts";
import { createApi } from "../../../src/outscale/client.ts";
import type { Image, RequestOf } from "../../../src/outscale/oapi.ts";
import { createObjectStorage, type ObjectStorage } from "../../../src/outscale/object-storage/object-storage.ts";
import { unlimited } from "../../../src/outscale/rate-limiter.ts";
import { RecordingUi } from "../terminal/recording-ui.ts";
import { type Bakery, openBakery } from "./bake.ts";
import { ImageOwner } from "./image-owner.ts";

export const HOME = "eu-west-2";
export const EAST = "us-east-2";
export const ASIA = "ap-northeast-1";
export const BUCKET = "images";

/** What an account has in a region. */
export interface RegionLeftovers {
  /** Names. */
  readonly images: readonly string[];
  readonly snapshots: readonly string[];
  /** `bucket/key`, and `bucket/` for each bucket. */
  readonly objects: readonly string[];
}

export const nothingThere: RegionLeftovers = { images: [], snapshots: [], objects: [] };

/** A local cloud of several regions, an OMI at home, and copies of it. */
export class CopyBench implements AsyncDisposable {
  readonly bakery: Bakery;
  readonly own: ImageOwner;
  readonly #apis = new Map<string, Api & AsyncDisposable>();
  readonly #storages = new Map<string, ObjectStorage>();

  private constructor(bakery: Bakery) {
    this.bakery = bakery;
    this.own = new ImageOwner(bakery, "builder");
  }

  static async open(name: string, options: Partial<LocalCloudOptions> = {}): Promise<CopyBench> {
    const bench = new CopyBench(await openBakery(name, { regions: [HOME, EAST, ASIA], ...options }));
    await bench.storage(HOME).createBucket(BUCKET);
    return bench;
  }

  region(name: string): LocalCloud {
    const cloud = this.bakery.cloud.regions.find(({ regionName }) => regionName === name);
    if (cloud === undefined) throw new Error(`There is no ${name}`);
    return cloud;
  }

  /** The builder's account of a region. */
  api(name: string): Api {
    const api = this.#apis.get(name) ?? createApi({ access: this.#access(name), env: {}, limiter: unlimited });
    this.#apis.set(name, api);
    return api;
  }

  storage(name: string): ObjectStorage {
    const storage = this.#storages.get(name) ?? createObjectStorage({ access: this.#access(name), env: {} });
    this.#storages.set(name, storage);
    return storage;
  }

  #access(name: string) {
    const cloud = this.region(name);
    const { endpoint, storageEndpoint } = cloud;
    const { accessKey, secretKey } = cloud.account("builder");
    return { endpoint, storageEndpoint, region: name, accessKey, secretKey, insecureSkipTlsVerify: false };
  }

  /** Registers an OMI at home. */
  register(request: Partial<RequestOf<"CreateImage">> & { readonly ImageName: string }): Promise<Image> {
    return this.own.register(request);
  }

  async copy(input: Partial<CopyOmiInput> = {}): Promise<{ copied: CopiedOmi; ui: RecordingUi }> {
    const ui = new RecordingUi();
    const what = { omi: "web", bucket: BUCKET, targets: [{ region: EAST }] };
    const copied = await copyOmi({ ...what, env: this.bakery.env, ui, ...input });
    return { copied, ui };
  }

  /** The image of a region, by its name. */
  async image(region: string, name: string): Promise<Image | undefined> {
    const { Images } = await this.api(region).readImages({ Filters: { ImageNames: [name] } });
    return Images[0];
  }

  /** Writes the root disk of an OMI to a file. @returns its path */
  async export(region: string, imageId: string): Promise<string> {
    const state = join(this.bakery.folder, "cloud", ...(region === HOME ? [] : ["regions", region]));
    const disk = join(this.bakery.folder, `${imageId}.raw`);
    await exportLocalImage(state, { image: imageId, disk, format: "raw" });
    return disk;
  }

  /** Where journals go, for an environment without anything else. */
  get stateVariable(): NodeJS.ProcessEnv {
    return { OUTSCALE_CHROOT_STATE: this.bakery.stateFolder };
  }

  /** Removes an OMI with its snapshots. */
  async remove(region: string, name: string): Promise<void> {
    const image = await this.image(region, name);
    const api = this.api(region);
    await api.deleteImage({ ImageId: image?.ImageId ?? "" });
    await this.region(region).idle();
    for (const { Bsu } of image?.BlockDeviceMappings ?? [])
      await api.deleteSnapshot({ SnapshotId: Bsu?.SnapshotId ?? "" });
  }

  async idle(): Promise<void> {
    for (const cloud of this.bakery.cloud.regions) await cloud.idle();
  }

  clearFaults(): void {
    for (const { faults } of this.bakery.cloud.regions) faults.clear();
  }

  async left(name: string): Promise<RegionLeftovers> {
    await this.region(name).idle();
    const api = this.api(name);
    const AccountIds = [this.region(name).account("builder").id];
    const { Images } = await api.readImages({ Filters: { AccountIds } });
    const { Snapshots } = await api.readSnapshots({ Filters: { AccountIds } });
    const objects = name === HOME ? await this.#objects() : [];
    return {
      images: Images.map(({ ImageName }) => ImageName).sort(),
      snapshots: Snapshots.map(({ SnapshotId }) => SnapshotId),
      objects,
    };
  }

  async #objects(): Promise<string[]> {
    const storage = this.storage(HOME);
    if ((await storage.findBucket(BUCKET)) === "absent") return [];
    const keys: string[] = [];
    for await (const { key } of storage.list(BUCKET)) keys.push(`${BUCKET}/${key}`);
    return keys;
  }

  /** The journals of runs that have left something. */
  journals(): Promise<readonly string[]> {
    return readdir(join(this.bakery.stateFolder, "runs")).catch(() => []);
  }

  cleanUp(): Promise<readonly CleanedRun[]> {
    return this.bakery.cleanUp();
  }

  /** Removes every image and snapshot of the other regions, and the objects at home. */
  async clear(): Promise<void> {
    this.clearFaults();
    await this.idle();
    for (const name of [EAST, ASIA]) {
      const api = this.api(name);
      const AccountIds = [this.region(name).account("builder").id];
      const { Images } = await api.readImages({ Filters: { AccountIds } });
      for (const { ImageId } of Images) await api.deleteImage({ ImageId });
      await this.region(name).idle();
      const { Snapshots } = await api.readSnapshots({ Filters: { AccountIds } });
      for (const { SnapshotId } of Snapshots) await api.deleteSnapshot({ SnapshotId });
    }
    const keys = (await this.#objects()).map((key) => key.slice(BUCKET.length + 1));
    if (keys.length > 0) await this.storage(HOME).deleteMany(BUCKET, keys);
    await this.idle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const api of this.#apis.values()) await api[Symbol.asyncDispose]();
    for (const storage of this.#storages.values()) await storage[Symbol.asyncDispose]();
    await this.own.api[Symbol.asyncDispose]();
    await this.bakery.close();
  }
}
