import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signedCall } from "../../../tests/support/local-cloud/signed-call.ts";
import { all, storageOf } from "../../../tests/support/local-cloud/storage-of.ts";
import { bytesSource } from "../../outscale/object-storage/object-source.ts";
import type { ObjectStorage } from "../../outscale/object-storage/object-storage.ts";
import type { AccountRole } from "../accounts.ts";
import { type LocalCloud, startLocalCloud } from "../start-local-cloud.ts";

const BUCKET = "exports";
const OsuExport = { DiskImageFormat: "qcow2", OsuBucket: BUCKET };

describe("exports to buckets and imports from them", () => {
  let folder: string;
  let cloud: LocalCloud;
  let storage: ObjectStorage;
  let imageId: string;
  let snapshotId: string;
  const callerOf = (region: LocalCloud, role: AccountRole = "builder") => ({
    ...{ endpoint: region.endpoint, region: region.regionName },
    ...region.account(role),
  });
  const call = async (action: string, request: object, region = cloud, role: AccountRole = "builder") => {
    const { body } = await signedCall(callerOf(region, role), action, request);
    await region.idle();
    return body;
  };
  const refusalOf = async (...given: Parameters<typeof call>) => {
    const { Errors } = await call(...given);
    return Errors?.[0] && `${Errors[0].Code} ${Errors[0].Details}`;
  };
  const east = () => cloud.regions[1] as LocalCloud;
  const imageTask = async (given: object = {}) =>
    (await call("CreateImageExportTask", { ImageId: imageId, OsuExport: { ...OsuExport, ...given } })).ImageExportTask;
  const tasks = async () => (await call("ReadImageExportTasks", {})).ImageExportTasks;
  const manifest = () => ({ bucket: BUCKET, key: `${imageId}/manifest.json` });
  const imported = async (FileLocation: string, region = east()) => {
    const { Image, Errors } = await call("CreateImage", { ImageName: "copied", FileLocation }, region);
    if (Errors) return Errors[0].Details;
    return (await call("ReadImages", { Filters: { ImageIds: [Image.ImageId] } }, region)).Images[0];
  };

  async function start(): Promise<void> {
    await storage?.[Symbol.asyncDispose]();
    await cloud?.close();
    const regions = ["eu-west-2", "us-east-2"];
    cloud = await startLocalCloud({ stateFolder: join(folder, "state"), blocks: "memory", regions });
    storage = storageOf(callerOf(cloud));
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "transfers-"));
    await start();
    await storage.createBucket(BUCKET);
    const [source] = (await call("ReadImages", {})).Images;
    const copy = { SourceImageId: source.ImageId, SourceRegionName: "eu-west-2", ImageName: "own" };
    const { Image } = await call("CreateImage", copy);
    imageId = Image.ImageId;
    snapshotId = Image.BlockDeviceMappings[0].Bsu.SnapshotId;
  });
  afterEach(async () => {
    await storage[Symbol.asyncDispose]();
    await cloud.close();
    await rm(folder, { recursive: true });
  });

  it("bring an image into another region, also after a restart on another port", async () => {
    await imageTask();
    await start();
    const image = await imported(storage.presign(manifest(), 60));
    expect(image).toMatchObject({ State: "available", BlockDeviceMappings: [{ Bsu: { VolumeSize: 1 } }] });
    const [{ Bsu }] = image.BlockDeviceMappings;
    const found = await call("ReadSnapshots", { Filters: { SnapshotIds: [Bsu.SnapshotId] } }, east());
    expect(found.Snapshots).toMatchObject([{ State: "completed", Progress: 100, VolumeSize: 1 }]);
  });

  it("bring a single snapshot there", async () => {
    const asked = { SnapshotId: snapshotId, OsuExport: { ...OsuExport, OsuPrefix: "p/" } };
    expect((await call("CreateSnapshotExportTask", asked)).SnapshotExportTask).toMatchObject({ State: "pending" });
    const { SnapshotExportTasks } = await call("ReadSnapshotExportTasks", { Filters: { SnapshotIds: [snapshotId] } });
    expect(SnapshotExportTasks).toMatchObject([{ State: "completed", Progress: 100 }]);
    const [{ key } = { key: "" }] = await all(storage.list(BUCKET));
    expect(key).toMatch(/^p\/snap-[0-9a-f]{8}-[0-9a-f]{8}\.qcow2\.gz$/);
    const FileLocation = storage.presign({ bucket: BUCKET, key }, 60);
    const { Snapshot } = await call("CreateSnapshot", { FileLocation, SnapshotSize: 1024 ** 3 }, east());
    expect(Snapshot.State).toBe("pending/queued");
    expect(await refusalOf("CreateSnapshot", { FileLocation }, east())).toContain("4045 SnapshotSize");
    const small = { FileLocation: await putText("junk"), SnapshotSize: 1 };
    const { Snapshot: other } = await call("CreateSnapshot", small, east());
    const { Snapshots } = await call("ReadSnapshots", {}, east());
    const stateOf = (id: string) => Snapshots.find((each: { SnapshotId: string }) => each.SnapshotId === id).State;
    expect([stateOf(Snapshot.SnapshotId), stateOf(other.SnapshotId)]).toEqual(["completed", "completed"]);
  });

  it("refuse what may not be exported, and where to", async () => {
    const [source] = (await call("ReadImages", { Filters: { AccountAliases: ["Outscale"] } })).Images;
    const task = (request: object, role?: AccountRole) => refusalOf("CreateImageExportTask", request, cloud, role);
    expect(await task({ ImageId: source.ImageId, OsuExport })).toMatch(/^4 /);
    expect(await task({ ImageId: imageId, OsuExport }, "other")).toMatch(/^5023 /);
    expect(await task({ ImageId: imageId, OsuExport: { ...OsuExport, OsuBucket: "absent" } })).toContain("no bucket");
    expect(await task({ ImageId: imageId, OsuExport: { ...OsuExport, DiskImageFormat: "vdi" } })).toMatch(/^4045 /);
    const OsuApiKey = { ApiKeyId: cloud.account("other").accessKey, SecretKey: "wrong-secret" };
    expect(await task({ ImageId: imageId, OsuExport: { ...OsuExport, OsuApiKey } })).toContain("not known");
    expect(await tasks()).toEqual([]);
  });

  it("write with the keys of the bucket's account, and keep them nowhere", async () => {
    await using theirs = storageOf(callerOf(cloud, "other"));
    await theirs.createBucket("theirs");
    const { accessKey: ApiKeyId, secretKey: SecretKey } = cloud.account("other");
    await imageTask({ OsuBucket: "theirs", OsuApiKey: { ApiKeyId, SecretKey } });
    expect(await all(theirs.list("theirs"))).toHaveLength(2);
    expect(await readFile(join(folder, "state", "journal.jsonl"), "utf8")).not.toContain(SecretKey);
    expect(JSON.stringify(cloud.requests)).not.toContain(SecretKey);
  });

  it("fail as a fault says, count against a quota, and go on after a restart", async () => {
    const made = "The state image-export.pending was made to fail";
    cloud.faults.add({ kind: "fail", transition: "image-export.pending" });
    await imageTask();
    expect(await tasks()).toMatchObject([{ State: "failed", Comment: `The export of ${imageId} failed: ${made}` }]);
    cloud.faults.add({ kind: "stuck", transition: "image-export.pending/queued", times: 5 });
    for (let count = 0; count < 5; count++) await imageTask();
    const sixth = await refusalOf("CreateImageExportTask", { ImageId: imageId, OsuExport });
    expect(sixth).toContain("image_export_limit is 5");
    await start();
    await cloud.idle();
    const states = (await tasks()).map(({ State }: { State: string }) => State);
    expect(states.filter((state: string) => state === "completed")).toHaveLength(5);
    // Nothing is left of what was on its way.
    expect((await readdir(join(folder, "state", "objects"))).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("write what is deleted meanwhile to its end, also after a restart", async () => {
    const states = async () => (await tasks()).map(({ State }: { State: string }) => State);
    const isThere = async () => (await call("ReadSnapshots", { Filters: { SnapshotIds: [snapshotId] } })).Snapshots;
    cloud.faults.add({ kind: "stuck", transition: "image-export.pending/queued", times: 2 });
    await imageTask();
    await imageTask();
    await call("DeleteImage", { ImageId: imageId });
    await call("DeleteSnapshot", { SnapshotId: snapshotId });
    expect(await states()).toEqual(["pending/queued", "pending/queued"]);
    await start();
    await cloud.idle();
    expect([await states(), await isThere(), cloud.status().snapshots]).toEqual([["completed", "completed"], [], 1]);
  });

  it("read only what is pre-signed or open, and only in buckets of this cloud", async () => {
    await imageTask();
    const plain = `${cloud.storageEndpoint}/${BUCKET}/${manifest().key}`;
    expect(await imported(plain)).toContain("AccessDenied");
    expect(await imported(`${storage.presign(manifest(), 60)}x`)).toContain("SignatureDoesNotMatch");
    expect(await imported("http://169.254.169.254/latest/meta-data")).toContain("in no bucket of this local cloud");
    expect(await imported("file:///etc/passwd")).toContain("not the URL of an object");
    const url = storage.presign(manifest(), 60);
    cloud.faults.add({ kind: "skewed-clock", ms: 120_000 });
    expect(await imported(url)).toContain("Request has expired");
    cloud.faults.clear();
    const disk = { Device: "/dev/sda1", Size: 1, PreSignedUrl: storage.presign({ bucket: BUCKET, key: "text" }, 60) };
    const manifestOf = (Snapshots: object[]) => ({ Version: 1, Image: { ProductTypes: ["0001"], Snapshots } });
    for (const [text, reason] of [
      ["{", "The manifest is not JSON"],
      [JSON.stringify({ Version: 2 }), "The manifest is wrong: Version"],
      [JSON.stringify({ Version: 1, Image: {} }), "The manifest is wrong: Image"],
      [JSON.stringify(manifestOf([{ ...disk, PreSignedUrl: plain }])), "neither pre-signed nor open"],
    ] as const) {
      const StateMessage = expect.stringMatching(`^It cannot be imported: .*${reason}`);
      expect(await imported(await putText(text))).toMatchObject({ State: "failed", StateComment: { StateMessage } });
      await call(
        "DeleteImage",
        { ImageId: (await call("ReadImages", { Filters: { ImageNames: ["copied"] } }, east())).Images[0].ImageId },
        east(),
      );
    }
    expect((await call("ReadSnapshots", {}, east())).Snapshots).toEqual([]);
  });

  it("say why a disk could not be fetched", async () => {
    cloud.regions[1]?.faults.add({ kind: "fail", transition: "snapshot.importing" });
    await imageTask();
    const { State, StateComment } = await imported(storage.presign(manifest(), 60));
    const why = /^It cannot be imported: snap-\w+: The state snapshot.importing was made to fail$/;
    expect([State, StateComment.StateMessage]).toEqual(["failed", expect.stringMatching(why)]);
  });

  it("say why nothing could be written", async () => {
    cloud.faults.add({ kind: "stuck", transition: "image-export.pending/queued" });
    await imageTask();
    await storage.deleteBucket(BUCKET);
    cloud.faults.clear();
    await cloud.idle();
    const Comment = `The export of ${imageId} failed: The bucket ${BUCKET} is not there any more`;
    expect(await tasks()).toMatchObject([{ State: "failed", Comment }]);
  });

  /** @returns a pre-signed URL */
  async function putText(text: string): Promise<string> {
    await storage.put({ bucket: BUCKET, key: "text" }, bytesSource(text));
    return storage.presign({ bucket: BUCKET, key: "text" }, 60);
  }
});
