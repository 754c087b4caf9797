import { describe, expect, it } from "vitest";
import { all } from "../../../tests/support/local-cloud/storage-of.ts";
import type { Reply } from "../../../tests/support/outscale/scripted-server.ts";
import { connect, failureOf } from "../../../tests/support/outscale/scripted-storage.ts";
import { bytesSource } from "./object-source.ts";
import type { ObjectStorage } from "./object-storage.ts";
import { StorageError } from "./storage-error.ts";

const disk = { bucket: "images", key: "disk" };
const ten = bytesSource("0123456789");
const inParts = { partBytes: 6, parallel: 1 };
const begun: Reply = {
  body: "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>",
};
const part: Reply = { headers: { etag: `"${"1".repeat(32)}"` } };
const gone: Reply = { status: 204 };

/** What an answer is read for, and what comes before and after it. */
interface Case {
  readonly call: (storage: ObjectStorage) => Promise<unknown>;
  readonly before?: readonly Reply[];
  readonly after?: readonly Reply[];
}

const read: Record<string, Case> = {
  ListObjectsV2: { call: (storage) => all(storage.list("images")) },
  ListMultipartUploads: { call: (storage) => all(storage.uploads("images")) },
  ListObjectVersions: {
    call: (storage) => storage.removeBelow("images", "run-1/"),
    before: [{ body: "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>" }],
  },
  DeleteObjects: { call: (storage) => storage.deleteMany("images", ["disk"]) },
  PutObject: { call: (storage) => storage.put(disk, ten) },
  CreateMultipartUpload: { call: (storage) => storage.put(disk, ten, inParts) },
  UploadPart: { call: (storage) => storage.put(disk, ten, inParts), before: [begun], after: [gone] },
  CompleteMultipartUpload: {
    call: (storage) => storage.put(disk, ten, inParts),
    before: [begun, part, part],
    after: [gone],
  },
};

const foreign: readonly [string, string][] = [
  ["a page that is no XML", "<!DOCTYPE html><title>Sign in</title><br>"],
  ["a page that is XML", "<html><body>Sign in</body></html>"],
  ["words", "It works!"],
];

describe("a success that is not the object storage's", () => {
  it.each(Object.keys(read).flatMap((operation) => foreign.map(([title, body]) => [operation, title, body] as const)))(
    "is told as one: %s, %s",
    async (operation, _title, body) => {
      const { call, before = [], after = [] } = read[operation] as Case;
      await using cloud = await connect([...before, { body }, ...after]);
      const error = await failureOf(cloud.clock.run(call(cloud.storage)));
      expect(error).toBeInstanceOf(StorageError);
      expect(error).toMatchObject({
        message: expect.stringMatching(`^${operation} of "images(/disk)?" gave an answer that cannot be read`),
        hint: expect.stringContaining("OSC_ENDPOINT_OOS"),
        failure: { operation, bucket: "images", httpStatus: 200 },
      });
      expect(cloud.server.requests).toHaveLength(before.length + 1 + after.length);
    },
  );

  it("is an upload without an id: its parts would be nobody's", async () => {
    const nameless = "<InitiateMultipartUploadResult><UploadId></UploadId></InitiateMultipartUploadResult>";
    await using cloud = await connect([{ body: nameless }]);
    await expect(cloud.storage.put(disk, ten, inParts)).rejects.toThrow("cannot be read: it has no UploadId");
    expect(cloud.server.requests).toHaveLength(1);
  });

  it("is a list of keys that are escaped in another way", async () => {
    const list = (inner: string): Reply => ({
      body: `<ListBucketResult><EncodingType>url</EncodingType>${inner}</ListBucketResult>`,
    });
    const odd = "<Contents><Key>a%FFb</Key><Size>1</Size></Contents>";
    await using cloud = await connect([list(odd)]);
    const error = await failureOf(all(cloud.storage.list("images")));
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ message: expect.stringContaining('cannot be read: the key "a%FFb"') });
  });
});
