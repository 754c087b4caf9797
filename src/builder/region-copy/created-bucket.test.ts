import { describe, expect, it } from "vitest";
import { regionsAt, releaseContext, scriptedApi } from "../../../tests/support/outscale/scripted-api.ts";
import { RecordingUi } from "../../../tests/support/terminal/recording-ui.ts";
import { LeftoverError } from "../../common/errors.ts";
import { ApiAuthError } from "../../outscale/errors.ts";
import type { ImageExportTask, SnapshotExportTask } from "../../outscale/oapi.ts";
import type { ObjectStorage } from "../../outscale/object-storage/object-storage.ts";
import { StorageError } from "../../outscale/object-storage/storage-error.ts";
import { createdBucketKind } from "./created-bucket.ts";

const place = { region: "eu-west-2", accountId: "123456789012", profile: null };
const intent = { place, bucket: "acme", prefix: "a" };
const OWN = "a/0123456789ab/";

const task = (TaskId: string, State: string, { OsuBucket = "acme", OsuPrefix = "a/another-run" } = {}) => ({
  ...{ TaskId, State, Progress: 0, Comment: "", Tags: [] },
  OsuExport: { DiskImageFormat: "qcow2", OsuBucket, OsuPrefix },
});

interface Account {
  readonly images?: readonly ReturnType<typeof task>[];
  readonly snapshots?: readonly ReturnType<typeof task>[];
  readonly keys?: readonly string[];
  /** What the policy of the keys does not allow. */
  readonly denied?: "snapshots";
}

const denial = (apiCode: string) =>
  new ApiAuthError({ action: "ReadSnapshotExportTasks", httpStatus: 401, apiCode, ambiguous: false }, "It is refused");

/** Releases the bucket in an account that has these exports and objects. */
async function release({ images = [], snapshots = [], keys = [], denied }: Account) {
  const ui = new RecordingUi();
  const done: string[] = [];
  const { api } = scriptedApi({
    readImageExportTasks: () => ({
      ImageExportTasks: images.map((each): ImageExportTask => ({ ...each, ImageId: "ami-1" })),
    }),
    readSnapshotExportTasks: () => {
      if (denied) throw denial("5");
      return { SnapshotExportTasks: snapshots.map((each): SnapshotExportTask => ({ ...each, SnapshotId: "snap-1" })) };
    },
  });
  const storage: Partial<ObjectStorage> = {
    deleteBucket: async (bucket) => {
      if (keys.length === 0) return void done.push(`delete ${bucket}`);
      const failure = { operation: "DeleteBucket", bucket, storageCode: "BucketNotEmpty", ambiguous: false };
      throw new StorageError(failure, "It has objects");
    },
    list: async function* (bucket, prefix = "") {
      const found = keys.filter((key) => key.startsWith(prefix));
      for (const key of found) yield { bucket, key, sizeBytes: 1, etag: "", lastModified: "" };
    },
  };
  const regions = regionsAt({ place, api, storage: storage as ObjectStorage });
  const held = { id: "acme", intent, facts: {}, madeAt: 0 };
  await createdBucketKind.release({ ...releaseContext(api, ui), regions }, held);
  return { done, told: ui.of("warn") };
}

describe("createdBucketKind", () => {
  it("goes when it is empty, and nothing is on its way to it", async () => {
    const over = [task("image-export-1", "completed"), task("image-export-2", "failed")];
    const elsewhere = [task("snap-export-1", "active", { OsuBucket: "other" })];
    expect(await release({ images: over, snapshots: elsewhere })).toEqual({ done: ["delete acme"], told: [] });
  });

  it.each([
    ["images", "image-export-7", "pending/queued"],
    ["images", "image-export-8", "active"],
    ["snapshots", "snap-export-9", "pending"],
  ])("stays as long as an export of somebody else's %s is on its way to it: %s, %s", async (kind, id, state) => {
    const { done, told } = await release({ [kind]: [task(id, state)] });
    expect(done).toEqual([]);
    expect(told).toEqual([
      `The bucket acme in eu-west-2 stays: the export ${id} writes into it. No run deletes it any more: delete it yourself when nobody needs it`,
    ]);
  });

  it("is not given up while an export of its own run writes into it", async () => {
    for (const OsuPrefix of ["a/0123456789ab", `a/0123456789ab-2/ami-1/`]) {
      const refused = release({ images: [task("image-export-7", "active", { OsuPrefix })] });
      await expect(refused).rejects.toThrow(LeftoverError);
      await expect(refused).rejects.toThrow("cannot go yet: the run's own export image-export-7 writes into it");
    }
  });

  it("stays where nobody may see who exports", async () => {
    const { done, told } = await release({ denied: "snapshots" });
    expect(done).toEqual([]);
    expect(told).toEqual([expect.stringContaining("stays: whether an export writes into it cannot be seen (It is")]);
  });

  it("stays when somebody else has put something there, but not when it is the run's own", async () => {
    const { told } = await release({ keys: ["a/another-run/disk"] });
    expect(told).toEqual([expect.stringContaining("The bucket acme in eu-west-2 stays: it is not empty. No run")]);
    await expect(release({ keys: [`${OWN}disk`] })).rejects.toThrow(`it has the run's ${OWN}disk`);
  });
});
