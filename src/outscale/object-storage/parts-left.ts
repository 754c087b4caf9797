import { CancelledError, messageOf } from "../../common/errors.ts";
import { withoutControls } from "../../common/without-controls.ts";
import type { ObjectPlace } from "./addresses.ts";
import { StorageAuthError, StorageError } from "./storage-error.ts";

/** An upload in parts that is under way. */
export interface Upload {
  readonly place: ObjectPlace;
  readonly uploadId: string;
}

/**
 * What to throw when an upload has failed and its parts could not be removed either: the first failure, as it is what a
 * caller looks for, with what stays in its hint. Others than the storage's are thrown as `await using` does it.
 * @param problem Why they could not be removed
 */
export function withPartsLeft(error: unknown, upload: Upload, problem: unknown): unknown {
  const { bucket, key } = upload.place;
  const left = `Parts of "${bucket}/${key}" stay in the bucket, as ${messageOf(problem)}`;
  const advice = `End the upload "${withoutControls(upload.uploadId)}" with a client of S3 (aws s3api abort-multipart-upload)`;
  const hinted = ({ hint, cause }: StorageError | StorageAuthError | CancelledError) => ({
    cause,
    hint: [hint, left, advice].filter(Boolean).join(". "),
  });
  if (error instanceof StorageError) return new StorageError(error.failure, error.message, hinted(error));
  if (error instanceof StorageAuthError) return new StorageAuthError(error.failure, error.message, hinted(error));
  // A new one: the reason of a signal is given to others, too.
  if (error instanceof CancelledError) return new CancelledError(error.message, hinted(error));
  const failure = { operation: "AbortMultipartUpload", bucket, key, ambiguous: true };
  const after = new StorageError(failure, left, { hint: advice });
  return Object.assign(new Error(messageOf(error)), { error: after, suppressed: error });
}
