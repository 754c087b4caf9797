import { AuthError, ChrootError, type ErrorOptions, ExitCode } from "../../common/errors.ts";

/** What is known of a request to the object storage that failed. */
export interface StorageFailure {
  /** In S3's words, such as `PutObject`. */
  readonly operation: string;
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  /** Absent when no answer came. */
  readonly httpStatus?: number | undefined;
  /** S3's word for the error, such as `NoSuchBucket`. */
  readonly storageCode?: string | undefined;
  readonly requestId?: string | undefined;
  /** The request may have had its effect all the same. Never true for a read. */
  readonly ambiguous: boolean;
}

/** The object storage refused a request, failed at it, could not be reached, or answered nonsense. */
export class StorageError extends ChrootError {
  override readonly code = "E_STORAGE";
  override readonly exitCode = ExitCode.Api;
  readonly failure: StorageFailure;

  constructor(failure: StorageFailure, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.failure = failure;
  }
}

/** What was to be removed is hidden, and its versions stay until somebody who may removes them: to try again is of no use. */
export class VersionsStayError extends StorageError {}

/** The object storage does not know the keys. */
export class StorageAuthError extends AuthError {
  readonly failure: StorageFailure;

  constructor(failure: StorageFailure, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.failure = failure;
  }
}

/** What is known of the failed request behind an error; nothing when the error is of another kind. */
export function storageFailureOf(error: unknown): StorageFailure | undefined {
  return error instanceof StorageError || error instanceof StorageAuthError ? error.failure : undefined;
}

/** The bucket, the object or the upload is not there. A HEAD is answered without words. */
export function isStorageNotFound(error: unknown): boolean {
  return storageFailureOf(error)?.httpStatus === 404;
}
