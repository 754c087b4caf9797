import { xml, xmlDocument } from "../../outscale/object-storage/xml.ts";

/** The errors of S3 that a client can meet here, with their HTTP status. @see Amazon S3, "Error responses" */
const statuses = {
  AccessDenied: 403,
  AuthorizationHeaderMalformed: 400,
  BadDigest: 400,
  BucketAlreadyExists: 409,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  IllegalLocationConstraintException: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidURI: 400,
  KeyTooLongError: 400,
  MalformedTrailerError: 400,
  MalformedXML: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  NotModified: 304,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
  TooManyBuckets: 400,
  XAmzContentSHA256Mismatch: 400,
} as const satisfies Record<string, number>;

export type BucketRefusalCode = keyof typeof statuses;

/** A request to the buckets is refused. Nothing has been changed when it is thrown. */
export class BucketRefusal extends Error {
  readonly status: number;

  constructor(
    readonly code: BucketRefusalCode,
    message: string,
    /** What stands in the answer besides, such as the region that is expected. */
    readonly more: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = "BucketRefusal";
    this.status = statuses[code];
  }

  /** The answer's body. */
  body(resource: string, requestId: string): string {
    const more = Object.entries(this.more).map(([name, value]) => xml(name, value));
    const words = [xml("Code", this.code), xml("Message", this.message), xml("Resource", resource)];
    return xmlDocument(xml("Error", ...words, ...more, xml("RequestId", requestId))).replace(/ xmlns="[^"]*"/, "");
  }
}
