import { describe, expect, it } from "vitest";
import type { Reply } from "../../../tests/support/outscale/scripted-server.ts";
import { connect, failureOf, refused } from "../../../tests/support/outscale/scripted-storage.ts";
import { CancelledError, ExitCode } from "../../common/errors.ts";
import { bytesSource, type ObjectSource } from "./object-source.ts";
import { StorageAuthError, StorageError } from "./storage-error.ts";

const object = { bucket: "images", key: "disk" };
const source = bytesSource("0123456789");
const options = { partBytes: 6, parallel: 1 };
const begun: Reply = {
  body: "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>",
};
const denied = refused(403, "AccessDenied");
/** What a person has to know then. */
const stays =
  /Parts of "images\/disk" stay in the bucket, as AbortMultipartUpload .* AccessDenied .*\. End the upload "U1"/;

describe("putObject() whose parts cannot be removed either", () => {
  it.each<[string, Reply, typeof StorageError | typeof StorageAuthError, string]>([
    ["refused", refused(404, "NoSuchBucket"), StorageError, "Create the bucket in this region"],
    ["refused for its keys", refused(403, "InvalidAccessKeyId"), StorageAuthError, "Check the access key"],
  ])("fails as the part has failed, and says what stays: %s", async (_title, reply, kind, advice) => {
    await using cloud = await connect([begun, reply, denied]);
    const error = await failureOf(cloud.storage.put(object, source, options));
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^UploadPart of "images\/disk" failed: /),
      hint: expect.stringMatching(`^${advice}.*\\. ${stays.source}`),
      failure: { operation: "UploadPart", ...object },
    });
  });

  it("is cancelled all the same when it was cancelled", async () => {
    await using cloud = await connect([begun, "silence", denied]);
    const stop = new AbortController();
    const putting = failureOf(cloud.storage.put(object, source, { ...options, signal: stop.signal }));
    await cloud.server.nextRequest();
    await cloud.server.nextRequest();
    const reason = new CancelledError("The build was stopped by SIGINT");
    stop.abort(reason);
    const error = await putting;
    expect(error).toBeInstanceOf(CancelledError);
    expect(error).toMatchObject({
      message: "The build was stopped by SIGINT",
      exitCode: ExitCode.Interrupted,
      hint: expect.stringMatching(stays),
    });
    // Others may be told of it, too: it is not about this object alone.
    expect(reason.hint).toBeUndefined();
  });

  it("throws what its source has thrown, and what stays in the way of await using", async () => {
    await using cloud = await connect([begun, denied]);
    const broken = Object.assign(new Error("EIO: i/o error, read"), { syscall: "read", errno: -5 });
    const disk: ObjectSource = { sizeBytes: 10, read: () => Promise.reject(broken) };
    const error = await failureOf(cloud.storage.put(object, disk, options));
    expect(error).toMatchObject({ suppressed: broken, message: broken.message });
    expect(error).toMatchObject({ error: { message: expect.stringMatching(/^Parts of/), hint: expect.any(String) } });
  });
});

describe("putObject() whose beginning was not answered", () => {
  it("removes its own upload when it cannot look for the other", async () => {
    await using cloud = await connect(["drop", begun, denied, { status: 204 }]);
    const error = await failureOf(cloud.clock.run(cloud.storage.put(object, source, options)));
    expect(error).toMatchObject({ failure: { operation: "ListMultipartUploads" } });
    expect(cloud.asked().at(-1)).toBe("DELETE /images/disk?uploadId=U1");
  });
});
