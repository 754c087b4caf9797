import type { ActionName, RequestOf, ResponseOf } from "./oapi.ts";

export interface CallOptions {
  /**
   * Stops a read at once. A call that changes something is not sent once the signal has fired, but runs to its answer
   * when it has been sent: a resource whose id is unknown cannot exist.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What a method takes: the request without `DryRun`, whose answer has another shape (see {@link Api.dryRun}). */
export type CallRequest<A extends ActionName> = Omit<RequestOf<A>, "DryRun">;

/** One method per action: `api.createVolume(request)` sends CreateVolume and answers its typed answer. */
export type ApiMethods = {
  readonly [A in ActionName as Uncapitalize<A>]: (
    request: CallRequest<A>,
    options?: CallOptions,
  ) => Promise<ResponseOf<A>>;
};

/**
 * The OUTSCALE API, typed. Every method signs, limits, retries and logs in the same way.
 *
 * @throws {ApiAuthError} when the credentials are refused
 * @throws {ApiError} on every other failure, with `ambiguous` when the call may have had its effect
 * @throws {CancelledError} when `options.signal` fires in time
 */
export interface Api extends ApiMethods {
  /** Asks whether the call would be allowed, without doing it. Resolves when it would. */
  dryRun<A extends ActionName>(action: A, request: CallRequest<A>, options?: CallOptions): Promise<void>;
}
