import { AuthError, ChrootError, type ErrorOptions, ExitCode, TimeoutError } from "../common/errors.ts";
import { storageFailureOf } from "./object-storage/storage-error.ts";

/** What is known of a call that failed: the answer's own words, or the lack of an answer. */
export interface ApiFailure {
  readonly action: string;
  /** Absent when no answer came. */
  readonly httpStatus?: number | undefined;
  /** `Code` of the first error of the answer, such as `5064`. */
  readonly apiCode?: string | undefined;
  /** `Type` of the first error, such as `InvalidResource`. */
  readonly apiType?: string | undefined;
  readonly details?: string | undefined;
  readonly requestId?: string | undefined;
  /** The call may have had its effect all the same: read back before it is tried again. Never true for a read. */
  readonly ambiguous: boolean;
}

/** The API refused a call, failed at it, could not be reached, or answered nonsense. */
export class ApiError extends ChrootError {
  override readonly code = "E_API";
  override readonly exitCode = ExitCode.Api;
  readonly failure: ApiFailure;

  constructor(failure: ApiFailure, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.failure = failure;
  }

  /** See {@link ApiFailure.ambiguous}. */
  get ambiguous(): boolean {
    return this.failure.ambiguous;
  }
}

/** The API refused the credentials, or what they are allowed to do. */
export class ApiAuthError extends AuthError {
  readonly failure: ApiFailure;

  constructor(failure: ApiFailure, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.failure = failure;
  }
}

/** What was waited for ended in a state from which it never becomes what it should be. */
export class WaitError extends ChrootError {
  override readonly code = "E_WAIT";
  override readonly exitCode = ExitCode.Api;
  /** `absent` when the resource is not there (any more). */
  readonly lastState: string;

  constructor(message: string, options: ErrorOptions & { readonly resourceId: string; readonly lastState: string }) {
    super(message, options);
    this.lastState = options.lastState;
  }
}

/** The service has given up what it was asked for, and the resource is as it was: it can be asked again. */
export class WentBackError extends WaitError {}

/** A wait reached its deadline. */
export class WaitTimeoutError extends TimeoutError {
  readonly lastState: string;

  constructor(message: string, options: ErrorOptions & { readonly resourceId: string; readonly lastState: string }) {
    super(message, options);
    this.lastState = options.lastState;
  }
}

/** The metadata service did not answer, or not with what was asked. */
export class MetadataError extends ChrootError {
  override readonly code = "E_METADATA";
  override readonly exitCode = ExitCode.Api;
}

/** What is known of the failed call behind an error; nothing when the error is of another kind. */
export function apiFailureOf(error: unknown): ApiFailure | undefined {
  return error instanceof ApiError || error instanceof ApiAuthError ? error.failure : undefined;
}

/** Codes by which the official Go SDK knows that the credentials were refused (osc-sdk-go v3, `pkg/osc/errors.go`). */
const AUTH_CODES = [1, 5, 7, 14, 20, 4000, 4120];
/** Whole platform, account, account and call (user guide, "API Throttling"). */
const THROTTLE_CODES = [6, 24, 25];

/** The resource does not exist (5000-5999). The service answers HTTP 400 for it, never 404. */
export function isNotFound(error: unknown): boolean {
  return hasCodeBetween(apiFailureOf(error), 5000, 5999);
}

/** The resource is in another state, or clashes with one that exists (6000-6999, 9000-9999, or HTTP 409). */
export function isConflict(error: unknown): boolean {
  const failure = apiFailureOf(error);
  return failure?.httpStatus === 409 || hasCodeBetween(failure, 6000, 6999) || hasCodeBetween(failure, 9000, 9999);
}

/** The call came too soon after others: nothing was done. */
export function isThrottle(error: unknown): boolean {
  const failure = apiFailureOf(error);
  return failure !== undefined && isThrottleFailure(failure);
}

/** The credentials were refused, or are not allowed to do this. */
export function isAuth(error: unknown): boolean {
  return error instanceof AuthError;
}

/** The call may have had its effect although it failed. */
export function isAmbiguous(error: unknown): boolean {
  return (apiFailureOf(error) ?? storageFailureOf(error))?.ambiguous ?? false;
}

export function isThrottleFailure(failure: ApiFailure): boolean {
  return failure.httpStatus === 429 || (failure.httpStatus === 503 && hasCode(failure, THROTTLE_CODES));
}

export function isAuthFailure(failure: ApiFailure): boolean {
  return failure.httpStatus === 401 || failure.httpStatus === 403 || hasCode(failure, AUTH_CODES);
}

function hasCode({ apiCode }: ApiFailure, codes: readonly number[]): boolean {
  return apiCode !== undefined && codes.includes(Number(apiCode));
}

function hasCodeBetween(failure: ApiFailure | undefined, first: number, last: number): boolean {
  const code = Number(failure?.apiCode);
  return code >= first && code <= last;
}
