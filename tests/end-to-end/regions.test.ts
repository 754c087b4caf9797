import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { OmiArtifact } from "../../src/builder/artifact.ts";
import { AuthError, ConfigError } from "../../src/common/errors.ts";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import { plan, validate } from "../../src/index.ts";
import { exportLocalImage } from "../../src/local-cloud/administer-cloud.ts";
import { regionFolder } from "../../src/local-cloud/folder/region-folders.ts";
import type { LocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import type { Api } from "../../src/outscale/api.ts";
import type { Image } from "../../src/outscale/oapi.ts";
import { type Bakery, openBakery, publicSource } from "../support/bake/bake.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { dataOn, ImageOwner, rootOn } from "../support/bake/image-owner.ts";
import { RecordedCalls } from "../support/bake/recorded-calls.ts";
import { apiOf, type Census, censusOf } from "../support/bake/region-census.ts";
import { storageOf } from "../support/local-cloud/storage-of.ts";
import { makeCertificate, openDoor, type PemFiles } from "../support/outscale/forwarding-door.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();
const FRIEND = "123456789012";
const config: RawConfig = {
  ...publicSource,
  omi_name: "far",
  omi_regions: ["us-east-2", "us-west-1"],
  region_copy: { bucket: "acme" },
};

describe("a build for other regions", () => {
  let bakery: Bakery;
  let home: LocalCloud;
  let east: LocalCloud;
  let west: LocalCloud;
  let eastApi: Api & AsyncDisposable;
  let own: ImageOwner;
  let before: Readonly<Record<string, Census>>;
  const artifacts: OmiArtifact[] = [];

  beforeAll(async () => {
    bakery = await openBakery("regions-test", { regions: ["eu-west-2", "us-east-2", "us-west-1"] });
    [home, east, west] = bakery.cloud.regions as [LocalCloud, LocalCloud, LocalCloud];
    eastApi = apiOf(east);
    own = new ImageOwner(bakery, "builder");
    await using storage = storageOf({ ...home.account("builder"), endpoint: home.endpoint });
    await storage.createBucket("acme");
  });
  afterAll(async () => {
    await eastApi[Symbol.asyncDispose]();
    await own.api[Symbol.asyncDispose]();
    await bakery.close();
  });
  beforeEach(async () => {
    before = await censusOf(bakery.cloud);
  });
  afterEach(async () => {
    for (const region of bakery.cloud.regions) region.faults.clear();
    for (const artifact of artifacts.splice(0)) await artifact.destroy();
    await own.clear();
    const { Images } = await eastApi.readImages({ Filters: { AccountIds: [east.account("builder").id] } });
    for (const image of Images) await removeInEast(image);
  });

  const bake = async (options: RawConfig = {}, ui = new RecordingUi()) => {
    const baked = await bakery.bake({ ...config, ...options }, { ui });
    if (baked.artifact) artifacts.push(baked.artifact);
    return baked;
  };

  async function removeInEast({ ImageId, BlockDeviceMappings }: Image): Promise<void> {
    await eastApi.deleteImage({ ImageId });
    await east.idle();
    for (const { Bsu } of BlockDeviceMappings) await eastApi.deleteSnapshot({ SnapshotId: Bsu?.SnapshotId ?? "" });
  }

  /** An image of another region, whole. */
  async function readIn(cloud: LocalCloud, imageId: string | undefined) {
    await using api = apiOf(cloud);
    const { Images } = await api.readImages({ Filters: { ImageIds: [imageId ?? ""] } });
    const SnapshotIds = Images[0]?.BlockDeviceMappings.flatMap(({ Bsu }) => Bsu?.SnapshotId ?? []) ?? [];
    const { Snapshots } = await api.readSnapshots({ Filters: { SnapshotIds } });
    return { image: Images[0], snapshots: Snapshots };
  }

  async function digestOf(folder: string, image: string): Promise<string> {
    const disk = join(bakery.folder, `${image}.raw`);
    await exportLocalImage(folder, { image, disk, format: "raw" });
    return createHash("sha256")
      .update(await readFile(disk))
      .digest("hex");
  }

  it("has the same OMI in each of them, with all that it is at home", async () => {
    const root = await own.snapshot();
    const mappings = [rootOn(root), dataOn("/dev/xvdb", await own.snapshot())];
    const base = await own.register({ ImageName: "base", BlockDeviceMappings: mappings });
    before = await censusOf(bakery.cloud);
    const { source_omi_filter: _, ...rest } = config;
    const { artifact, events } = await bakery.bake({
      ...{ ...rest, source_omi: base.ImageId, omi_description: "Of {{.SourceOMIName}}" },
      ...{ omi_boot_modes: ["uefi"], product_codes: ["0001"], tags: { Stage: "{{.BuildRegion}}" } },
      ...{ snapshot_tags: { Keep: "yes" }, omi_account_ids: [FRIEND], snapshot_groups: ["all"] },
    });
    if (artifact) artifacts.push(artifact);
    const [first, second] = artifact?.copies ?? [];
    expect(artifact?.id).toBe(
      `eu-west-2:${artifact?.product.imageId},us-east-2:${first?.imageId},us-west-1:${second?.imageId}`,
    );
    const made = await readIn(home, artifact?.product.imageId);
    const lasting = ({
      ImageName,
      Description,
      Architecture,
      BootModes,
      ProductCodes,
      Tags,
      PermissionsToLaunch,
    }: Image) => ({
      ...{ ImageName, Description, Architecture, BootModes, ProductCodes, Tags, PermissionsToLaunch },
    });
    for (const [cloud, copy] of [
      [east, first],
      [west, second],
    ] as const) {
      const { image, snapshots } = await readIn(cloud, copy?.imageId);
      expect(image && lasting(image)).toEqual(made.image && lasting(made.image));
      expect(snapshots.map(({ SnapshotId }) => SnapshotId).toSorted()).toEqual([...(copy?.snapshotIds ?? [])].sort());
      const [disk, data] =
        image?.BlockDeviceMappings.map(({ Bsu }) => snapshots.find((one) => one.SnapshotId === Bsu?.SnapshotId)) ?? [];
      expect(disk?.Tags.map(({ Key, Value }) => `${Key}=${Value}`).toSorted()).toEqual(["Keep=yes", "Stage=eu-west-2"]);
      expect([disk, data].map((one) => one?.PermissionsToCreateVolume?.GlobalPermission)).toEqual([true, false]);
    }
    const steps = events.flatMap((event) => (event.type === "step-started" ? [event] : []));
    expect(steps.at(-1)).toMatchObject({ step: "StepCopyRegions", number: steps.at(-1)?.count });
    expect(steps.map(({ step }) => step)).toContain("StepCheckRegions");
    const folder = join(bakery.folder, "cloud");
    const atHome = await digestOf(folder, artifact?.product.imageId ?? "");
    expect(await digestOf(regionFolder(folder, "us-east-2"), first?.imageId ?? "")).toBe(atHome);
    const after = await censusOf(bakery.cloud);
    expect(after["us-east-2"]).toEqual({
      ...before["us-east-2"],
      images: 1 + (before["us-east-2"]?.images ?? 0),
      snapshots: 2 + (before["us-east-2"]?.snapshots ?? 0),
    });
    expect(after["eu-west-2"]).toMatchObject({ buckets: 1, objects: 0 });
    // The data snapshot at home is its source's.
    artifacts.splice(0);
    await artifact?.destroy();
    expect(await censusOf(bakery.cloud)).toEqual(before);
  });

  it("is destroyed with what it has made, but for what others have made of that meanwhile", async () => {
    const data = await own.snapshot();
    const mappings = [rootOn(await own.snapshot()), dataOn("/dev/xvdb", data)];
    const base = await own.register({ ImageName: "base", BlockDeviceMappings: mappings });
    const { source_omi_filter: _, ...rest } = publicSource;
    const { artifact } = await bakery.bake({ ...rest, source_omi: base.ImageId, omi_name: "near" });
    const { snapshotIds = [] } = artifact?.product ?? {};
    const [root = ""] = snapshotIds.filter((id) => id !== data);
    const heir = await own.register({ ImageName: "heir", BlockDeviceMappings: [rootOn(root)] });
    // Nobody maps it by then, and still it was not the build that has made it.
    await own.api.deleteImage({ ImageId: base.ImageId });
    await home.idle();
    await artifact?.destroy();
    await home.idle();
    const { Snapshots } = await own.api.readSnapshots({ Filters: { SnapshotIds: [...snapshotIds] } });
    expect(Snapshots.map(({ SnapshotId }) => SnapshotId).toSorted()).toEqual([data, root].toSorted());
    const { Images } = await own.api.readImages({ Filters: { AccountIds: [own.accountId] } });
    expect(Images.map(({ ImageId }) => ImageId)).toEqual([heir.ImageId]);
  });

  it.each(["image", "snapshots"])(
    "leaves the objects where they are to stay (%s), and a bucket that it has made",
    async (method) => {
      const region_copy = {
        bucket: `made-for-${method}`,
        prefix: "deep/er",
        create_bucket: true,
        keep_objects: true,
        method,
      };
      const { artifact } = await bake({ region_copy, omi_regions: ["us-east-2"] });
      expect(artifact?.copies).toHaveLength(1);
      await using storage = storageOf({ ...home.account("builder"), endpoint: home.endpoint });
      const keys: string[] = [];
      for await (const { key } of storage.list(region_copy.bucket)) keys.push(key);
      expect(keys).toHaveLength(method === "image" ? 2 : 1);
      for (const key of keys) expect(key).toMatch(/^deep\/er\/[0-9a-f]{12}\//);
      await storage.deleteMany(region_copy.bucket, keys);
      await storage.deleteBucket(region_copy.bucket);
    },
  );

  it("has a copy that can be built from, and passes the boot check as at home", async () => {
    const { artifact } = await bake({ omi_regions: ["us-east-2"], boot_check: "warn" });
    const [copy] = artifact?.copies ?? [];
    const env = { ...bakery.env, ...east.environment };
    const { source_omi_filter: _, omi_regions: _regions, region_copy: _copy, ...rest } = config;
    const build = (more: RawConfig, where: NodeJS.ProcessEnv) => {
      const ui = new RecordingUi();
      const options = { ...rest, skip_create_omi: true, boot_check: "warn", ...more };
      return bakery
        .bake(options, { env: where, ui })
        .then(() => ui.of("warn").map((line) => line.replace(/loop\d+/, "loopN")));
    };
    const there = await build({ source_omi: copy?.imageId ?? "" }, env);
    expect(there).toEqual(await build({ source_omi: artifact?.product.imageId ?? "" }, bakery.env));
  });

  describe("refuses before anything is made", () => {
    const refused = async (options: RawConfig, env?: NodeJS.ProcessEnv) => {
      const calls = new RecordedCalls(bakery);
      const baking = bakery.bake({ ...config, ...options }, env ? { env } : {});
      const error: unknown = await baking.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(calls.actions.filter((action) => /^(Create|Link|Put)/.test(action) && action !== "PutObject")).toEqual([]);
      expect(await censusOf(bakery.cloud)).toEqual(before);
      return error;
    };

    it.each<[string, RawConfig, RegExp]>([
      [
        "a region that there is not",
        { omi_regions: ["us-east-9"], region_profiles: { "us-east-9": "us-east-2" } },
        /us-east-9/,
      ],
      ["no bucket", { region_copy: { bucket: "nobodys" } }, /There is no bucket "nobodys" in eu-west-2/],
      [
        "no credentials",
        { omi_regions: ["us-east-2", "ap-northeast-1", "us-east-9"] },
        /no credentials for ap-northeast-1.*no credentials for us-east-9/,
      ],
      [
        "product codes that disks do not carry",
        { product_codes: ["0007"], region_copy: { bucket: "acme", method: "snapshots" } },
        /product code 0007/,
      ],
    ])("%s", async (_what, options, message) => {
      expect(String(await refused(options))).toMatch(message);
    });

    it("another account's bucket", async () => {
      await using storage = storageOf({ ...home.account("other"), endpoint: home.endpoint });
      await storage.createBucket("theirs");
      before = await censusOf(bakery.cloud);
      expect(String(await refused({ region_copy: { bucket: "theirs" } }))).toMatch(/may not use the bucket "theirs"/);
      await storage.deleteBucket("theirs");
    });

    it("credentials that are not taken", async () => {
      const env = {
        ...bakery.env,
        OSC_ACCESS_KEY_US_EAST_2: "WRONGWRONGWRONGWRONG",
        OSC_SECRET_KEY_US_EAST_2: "x".repeat(40),
        OSC_ENDPOINT_API_US_EAST_2: east.endpoint,
      };
      const error = await refused({}, env);
      expect(error).toBeInstanceOf(AuthError);
      expect(String(error)).toMatch(/credentials for us-east-2, which come from the environment, are refused/);
      expect(error).toMatchObject({ step: "StepCheckRegions" });
    });

    it("a region that the service does not know, unless it is to be taken", async () => {
      const env = {
        ...bakery.env,
        OSC_ACCESS_KEY_MOON_1: "A".repeat(20),
        OSC_SECRET_KEY_MOON_1: "B".repeat(40),
        OSC_ENDPOINT_API_MOON_1: "http://127.0.0.1:1",
      };
      const error = await refused({ omi_regions: ["moon-1"] }, env);
      expect(String(error)).toMatch(
        /omi_regions: has "moon-1", which the service does not know \(known are eu-west-2, us-east-2, us-west-1/,
      );
    });

    it("a name that is taken there, and what else is wrong", async () => {
      const { BlockDeviceMappings } = await seeded(east);
      await eastApi.createImage({ ImageName: "far", BlockDeviceMappings });
      before = await censusOf(bakery.cloud);
      const error = await refused({ region_copy: { bucket: "nobodys" } });
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).toMatch(/no bucket "nobodys"[\s\S]*already has an OMI named "far" in us-east-2/);
    });
  });

  it("is asked about before, by validate and plan, and nothing is changed for that", async () => {
    const template = join(bakery.folder, "far.pkr.hcl");
    const write = (bucket: string) =>
      writeFile(
        template,
        `source "outscale-chroot" "far" {
  omi_name = "far"
  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }
  omi_regions = ["us-east-2"]
  region_copy {
    bucket = "${bucket}"
  }
}
build {
  sources = ["outscale-chroot.far"]
}
`,
      );
    const ask = () => validate({ template, env: bakery.env, checkAccount: true });
    await write("acme");
    expect(await ask()).toMatchObject({ warnings: [] });
    const { plans } = await plan({ template, env: bakery.env, online: true });
    expect(plans[0]?.toBeRead).toEqual([]);
    await write("nobodys");
    await expect(ask()).rejects.toThrow('There is no bucket "nobodys" in eu-west-2');
    await write("acme");
    const { BlockDeviceMappings } = await seeded(east);
    await eastApi.createImage({ ImageName: "far", BlockDeviceMappings });
    before = await censusOf(bakery.cloud);
    await expect(ask()).rejects.toThrow(/omi_regions: the account \d+ already has an OMI named "far" in us-east-2/);
    await write("nobodys");
    await expect(ask()).rejects.toThrow(
      /region_copy: There is no bucket "nobodys"[\s\S]*already has an OMI named "far"/,
    );
    expect(await censusOf(bakery.cloud)).toEqual(before);
  });

  /** The public OMI of a region, with mappings that an account of it can use. */
  async function seeded(cloud: LocalCloud): Promise<Image> {
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

  it("shows the client certificate of a region to its API and its buckets, and of the other region no other", async () => {
    const { folder } = bakery;
    const tls = makeCertificate(folder, "server");
    const certificates = { home: makeCertificate(folder, "of-home"), east: makeCertificate(folder, "of-east") };
    await using homeDoor = await openDoor(home.storageEndpoint, { tls, onlyClient: certificates.home.cert });
    await using eastDoor = await openDoor(east.storageEndpoint, { tls, onlyClient: certificates.east.cert });
    const profile = (cloud: LocalCloud, url: string, { cert, key }: PemFiles) => {
      const { accessKey, secretKey } = cloud.account("builder");
      const keys = { access_key: accessKey, secret_key: secretKey, region: cloud.regionName };
      const pem = { x509_client_cert: cert, x509_client_key: key, tls_skip_verify: true };
      return { ...keys, ...pem, endpoints: { api: `${url}/api/v1`, oos: url } };
    };
    const file = join(folder, "profiles-with-certificates.json");
    const write = (ofEast: PemFiles) =>
      writeFile(
        file,
        JSON.stringify({
          home: profile(home, homeDoor.url, certificates.home),
          "us-east-2": profile(east, eastDoor.url, ofEast),
        }),
      );
    const { OSC_ACCESS_KEY: _key, OSC_SECRET_KEY: _secret, ...rest } = bakery.env;
    const env = { ...rest, OSC_CONFIG_FILE: file };
    const options = { ...config, profile: "home", omi_regions: ["us-east-2"] };
    await write(certificates.home);
    await expect(bakery.bake(options, { env, clock: hastyClock() })).rejects.toMatchObject({ code: "E_API" });
    expect(await censusOf(bakery.cloud)).toEqual(before);
    await write(certificates.east);
    const { artifact } = await bakery.bake(options, { env });
    if (artifact) artifacts.push(artifact);
    expect(artifact?.copies).toHaveLength(1);
    expect([[...homeDoor.clients], [...eastDoor.clients]]).toEqual([["of-home"], ["of-east"]]);
    for (const door of [homeDoor, eastDoor])
      expect(door.paths.some((path) => path.endsWith("/CreateImage"))).toBe(true);
    expect(homeDoor.paths.some((path) => path.startsWith("/acme"))).toBe(true);
    // It is deleted by way of the same doors.
    await artifact?.destroy();
    artifacts.splice(0);
    expect(await censusOf(bakery.cloud)).toEqual(before);
  });

  it("takes a region that is not known when it is told to", async () => {
    const env = { ...bakery.env };
    const { accessKey, secretKey } = east.account("builder");
    Object.assign(env, {
      OSC_ACCESS_KEY_MOON_1: accessKey,
      OSC_SECRET_KEY_MOON_1: secretKey,
      OSC_ENDPOINT_API_MOON_1: east.endpoint,
    });
    const baked = await bakery.bake({ ...config, omi_regions: ["moon-1"], skip_region_validation: true }, { env });
    if (baked.artifact) artifacts.push(baked.artifact);
    expect(baked.artifact?.id).toMatch(/^eu-west-2:ami-[0-9a-f]{8},moon-1:ami-[0-9a-f]{8}$/);
  });

  it("replaces the OMI of the name there, last of all, with its snapshots", async () => {
    const { BlockDeviceMappings } = await seeded(east);
    const { Image: old } = await eastApi.createImage({ ImageName: "far", BlockDeviceMappings });
    await east.idle();
    const options = { omi_regions: ["us-east-2"], force_deregister: true };
    const { artifact, ui } = await bake({ ...options, force_delete_snapshot: true });
    expect(ui.of("say")).toContain(`Deregistering the old OMI ${old.ImageId} (far) in us-east-2...`);
    expect((await readIn(east, old.ImageId)).image).toBeUndefined();
    expect((await readIn(east, artifact?.copies[0]?.imageId)).image?.ImageName).toBe("far");
    expect(ui.of("message")).toContain(`Deleted the old snapshot ${BlockDeviceMappings[0]?.Bsu?.SnapshotId}`);
  });

  it("has the old OMI there again when its successor cannot be registered", async () => {
    const { BlockDeviceMappings } = await seeded(east);
    const { Image: old } = await eastApi.createImage({ ImageName: "far", Description: "old", BlockDeviceMappings });
    await east.idle();
    // The import is the first one.
    east.faults.add({ kind: "internal-error", action: "CreateImage", skip: 1, times: 8 });
    const options = { ...config, omi_regions: ["us-east-2"], force_deregister: true };
    const baking = bakery.bake(options, { clock: hastyClock() });
    await expect(baking).rejects.toMatchObject({ code: "E_REGION_COPY", failed: [{ region: "us-east-2" }] });
    const { Images } = await eastApi.readImages({ Filters: { AccountIds: [east.account("builder").id] } });
    expect(Images).toMatchObject([{ ImageName: "far", Description: "old", State: "available" }]);
    expect(Images[0]?.ImageId).not.toBe(old.ImageId);
  });

  it("makes only the copy that is missing when nothing has changed", async () => {
    const build = (omi_regions: readonly string[]) => {
      const options = { ...config, omi_name: "far-{{timestamp}}", omi_regions: [...omi_regions], skip_unchanged: true };
      return bakery.bake(options, { inputs: { inputs: [], key: "key" } });
    };
    const { artifact: first } = await build(["us-east-2"]);
    if (first) artifacts.push(first);
    const { artifact: second } = await build(["us-east-2"]);
    expect(second).toMatchObject({ id: first?.id, isReused: true, copies: [{ region: "us-east-2", isReused: true }] });
    expect(second?.string()).toMatch(/^Nothing has changed/);
    const calls = new RecordedCalls(bakery);
    const { artifact: third } = await build(["us-east-2", "us-west-1"]);
    if (third) artifacts.unshift(third);
    expect(third?.id).toMatch(new RegExp(`^${first?.id},us-west-1:ami-[0-9a-f]{8}$`));
    expect(third?.string()).toMatch(/^OMIs were created/);
    expect(calls.of("CreateVolume")).toEqual([]);
    // What was there before is not its to delete.
    await third?.destroy();
    expect((await readIn(east, first?.copies[0]?.imageId)).image).toBeDefined();
    expect((await readIn(west, third?.copies[1]?.imageId)).image).toBeUndefined();
  });
});
