import { describe, expect, it } from "vitest";
import { type VersionedBucketOptions, versionedBucket } from "../../../tests/support/outscale/versioned-bucket.ts";
import { createObjectStorage } from "./object-storage.ts";

const keys = { accessKey: "AKEXAMPLE0123456789A", secretKey: "SKEXAMPLE0123456789ABCDEFGHIJKLMNOPQRSTU" };
const OTHERS = ["run-1-other/disk", "run-2/disk"];

/** A bucket in which a run, and others, have written, some of it several times. */
async function bucketWith(options: VersionedBucketOptions) {
  const bucket = await versionedBucket(options);
  const storageEndpoint = `http://127.0.0.1:${bucket.port}`;
  const access = { ...keys, endpoint: "", region: "eu-west-2", insecureSkipTlsVerify: false, storageEndpoint };
  const storage = createObjectStorage({ access, env: {}, retry: { attempts: 1 } });
  for (const key of ["run-1/a disk+ü.qcow2.gz", "run-1/manifest.json", ...OTHERS]) bucket.write(key);
  bucket.write("run-1/manifest.json");
  const close = async () => {
    await storage[Symbol.asyncDispose]();
    await bucket[Symbol.asyncDispose]();
  };
  return { ...bucket, storage, [Symbol.asyncDispose]: close };
}

const without: readonly VersionedBucketOptions["versioning"][] = [
  "",
  { status: 501, code: "NotImplemented" },
  { status: 400, code: "InvalidArgument" },
  { status: 403, code: "AccessDenied" },
];

describe("removeBelow()", () => {
  it.each(["Enabled", "Suspended"] as const)(
    "leaves no version of anything, where versioning is %s",
    async (versioning) => {
      await using bucket = await bucketWith({ versioning });
      // An older program has only hidden it.
      bucket.hide("run-1/manifest.json");
      await bucket.storage.removeBelow("images", "run-1/");
      expect(bucket.left()).toEqual(OTHERS);
      expect(bucket.asked).not.toContain("DeleteObjects");
    },
  );

  it.each(without)("removes by key where the service says %j to a question for versions", async (versioning) => {
    await using bucket = await bucketWith({ versioning });
    await bucket.storage.removeBelow("images", "run-1/");
    expect(bucket.left()).toEqual(OTHERS);
    expect(bucket.asked).toEqual(["GetBucketVersioning", "ListObjectsV2", "DeleteObjects"]);
  });

  it("removes nothing where there is nothing", async () => {
    await using bucket = await bucketWith({ versioning: "" });
    await bucket.storage.removeBelow("images", "run-3/");
    expect(bucket.asked).toEqual(["GetBucketVersioning", "ListObjectsV2"]);
  });

  it("never takes a whole bucket", async () => {
    await using bucket = await bucketWith({ versioning: "Enabled" });
    await expect(bucket.storage.removeBelow("images", "")).rejects.toThrow(RangeError);
    expect(bucket.asked).toEqual([]);
  });

  it.each(["ListObjectVersions", "DeleteObjectVersion"])(
    "says what stays, and which rights it takes, when %s is denied",
    async (denied) => {
      await using bucket = await bucketWith({ versioning: "Enabled", denied });
      await expect(bucket.storage.removeBelow("images", "run-1/")).rejects.toMatchObject({
        code: "E_STORAGE",
        message: 'Versions of objects stay, hidden, in the bucket images below "run-1/"',
        cause: { failure: { storageCode: "AccessDenied" } },
        hint: expect.stringContaining("s3:ListBucketVersions and s3:DeleteObjectVersion"),
      });
      const shown: string[] = [];
      for await (const { key } of bucket.storage.list("images")) shown.push(key);
      expect(shown).toEqual(OTHERS);
    },
  );
});

it("removeBelow() takes no bucket for one without versions because the service is busy", async () => {
  await using bucket = await bucketWith({ versioning: { status: 503, code: "SlowDown" } });
  const before = bucket.left();
  await expect(bucket.storage.removeBelow("images", "run-1/")).rejects.toThrow("SlowDown");
  expect(bucket.left()).toEqual(before);
});

describe("remove()", () => {
  it("leaves no version of the object, and touches no other whose key begins with its", async () => {
    await using bucket = await bucketWith({ versioning: "Enabled" });
    bucket.write("run-1/manifest.json.other");
    await bucket.storage.remove({ bucket: "images", key: "run-1/manifest.json" });
    expect(bucket.left()).toEqual(["run-1/a disk+ü.qcow2.gz", ...OTHERS, "run-1/manifest.json.other"]);
  });

  it.each(without)("removes by key where the service says %j to a question for versions", async (versioning) => {
    await using bucket = await bucketWith({ versioning });
    await bucket.storage.remove({ bucket: "images", key: "run-2/disk" });
    expect(bucket.left()).not.toContain("run-2/disk");
    expect(bucket.asked).toEqual(["GetBucketVersioning", "DeleteObject"]);
  });
});
