import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { type Clock, systemClock } from "../../common/clock.ts";
import { formatDuration } from "../../common/duration.ts";
import { throwIfCancelled } from "../../common/errors.ts";
import { type DebugLog, noLog } from "../../common/log.ts";
import { timeLimit } from "../../common/time-limit.ts";
import type { Access } from "../access.ts";
import { CLOCK_TOLERANCE_MS } from "../clock-tolerance.ts";
import { parseStorageEndpoint, regionStorageEndpoint } from "../endpoint.ts";
import { defaultRetry, type RetrySettings, retryDelayMs } from "../retry.ts";
import { authorization, type SignedParts, sha256, signatureDate } from "../signature.ts";
import { type Connections, connectionsTo } from "../transport.ts";
import { pathOf, queryOf } from "./addresses.ts";
import {
  type AnsweredHead,
  type Asked,
  errorIn,
  errorOf,
  type FailedRequest,
  failedByAnswer,
  failedWithoutAnswer,
  reasonOf,
  refusedDate,
} from "./storage-answer.ts";

export interface StorageOptions {
  readonly access: Access;
  readonly clock?: Clock;
  readonly log?: DebugLog;
  /** Where the proxy variables are read. */
  readonly env?: NodeJS.ProcessEnv;
  readonly retry?: Partial<RetrySettings>;
  /** For one attempt without a body, connecting included; a body gives it more. In real time. */
  readonly requestTimeoutMs?: number;
  /** Between 0 and 1, for the jitter of retries. */
  readonly random?: () => number;
  /** Told before a failed request is sent again. */
  readonly onRetry?: (retry: StorageRetry) => void;
}

export interface StorageRetry {
  readonly operation: string;
  /** Which attempt comes next: 2 for the first retry. */
  readonly attempt: number;
  readonly attempts: number;
  readonly reason: string;
  readonly delayMs: number;
}

/** A request, ready to be sent as often as it takes. */
export interface StorageRequest extends Asked {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly query?: Readonly<Record<string, string>>;
  /** In lower case; all of them are signed. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /**
   * Stops a read, the sending of an object's data, and a removal, at once: it is no matter whether they are repeated later.
   * Anything else is not sent once the signal has fired, but runs to its answer when it has been sent, however often that takes.
   */
  readonly signal?: AbortSignal | undefined;
}

export interface StorageAnswer extends AnsweredHead {
  readonly text: string;
  /** A failed attempt before this one may have had its effect. */
  readonly isRepeated: boolean;
}

/** An answer whose body is still to be read. */
export interface OpenAnswer extends AnsweredHead {
  readonly body: Readable;
}

const REQUEST_TIMEOUT_MS = 60_000;
/** The slowest line that is waited for. */
const SLOWEST_BYTES_PER_MS = 64;
/** A page of 1,000 keys of 1,024 escaped bytes has 4 MB; what is longer would fill our memory. */
const MOST_ANSWER_BYTES = 16 * 1024 * 1024;

/** Signs, sends, retries: the one way to the object storage. Addresses are path-style. */
export class StorageConnection implements AsyncDisposable {
  readonly baseUrl: string;
  readonly access: Access;
  readonly #connections: Connections;
  readonly #clock: Clock;
  readonly #log: DebugLog;
  readonly #retry: RetrySettings;
  readonly #timeoutMs: number;
  readonly #random: () => number;
  readonly #onRetry: (retry: StorageRetry) => void;
  /** How far the time that we sign with is ahead of this machine's clock. */
  #aheadMs = 0;

  /** @throws {ConfigError} when the endpoint is none */
  constructor({ access, clock = systemClock, log = noLog, env = process.env, ...options }: StorageOptions) {
    this.baseUrl = parseStorageEndpoint(access.storageEndpoint ?? regionStorageEndpoint(access.region));
    this.access = access;
    this.#connections = connectionsTo({ baseUrl: this.baseUrl }, { access, env });
    this.#clock = clock;
    this.#log = log;
    this.#retry = { ...defaultRetry, ...options.retry };
    this.#timeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#random = options.random ?? Math.random;
    this.#onRetry = options.onRetry ?? (() => undefined);
  }

  /** The service's time, as far as it is known, by which URLs are signed. */
  now(): number {
    return this.#clock.now() + this.#aheadMs;
  }

  /**
   * Sends until an answer comes, or the failure is final, or time or attempts are used up.
   * @throws {StorageError} {@link StorageAuthError} {@link CancelledError}
   */
  async send(request: StorageRequest): Promise<StorageAnswer> {
    return this.#insist(request, async ({ body, ...head }, isRepeated) => {
      const text = await readText(body);
      const isFailure = !isSuccess(head) || (request.method === "POST" && errorIn(text) !== undefined);
      return isFailure ? failedByAnswer(request, head, text, this.#clock.now()) : { ...head, text, isRepeated };
    });
  }

  /** As {@link send}, but hands the body over as it comes in; whoever reads it has to look out for its end. */
  async open(request: StorageRequest): Promise<OpenAnswer> {
    return this.#insist(request, async (answer) => {
      if (isSuccess(answer)) return answer;
      return failedByAnswer(request, answer, await readText(answer.body), this.#clock.now());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections.destroy();
  }

  async #insist<Answer extends object>(
    request: StorageRequest,
    judge: (answer: OpenAnswer, isRepeated: boolean) => Promise<Answer | FailedRequest>,
  ): Promise<Answer> {
    const startedAt = this.#clock.now();
    let ambiguous = false;
    // Once something may have been done there, a cancel no longer counts: we go on until we know.
    const signal = () => (ambiguous && !isStoppable(request) ? undefined : request.signal);
    for (let attempt = 1; ; attempt++) {
      throwIfCancelled(signal());
      const outcome = await this.#attempt(request, attempt, (answer) => judge(answer, ambiguous));
      if (!isFailed(outcome)) return outcome;
      ambiguous ||= outcome.failure.ambiguous;
      const { attempts } = this.#retry;
      // A part that stalls takes longer than all retries of a small request together, and is sent again all the same.
      const totalMs = this.#retry.totalMs + this.#timeoutOf(request);
      const delayMs = retryDelayMs(attempt, this.#retry, outcome.retryAfterMs, this.#random());
      const isLast = attempt >= attempts || this.#clock.now() + delayMs - startedAt > totalMs;
      if (isLast || !outcome.isTransient) {
        const failed = { ...outcome, failure: { ...outcome.failure, ambiguous } };
        throw errorOf(failed, { baseUrl: this.baseUrl, attempts: attempt });
      }
      this.#onRetry({
        operation: request.operation,
        attempt: attempt + 1,
        attempts,
        reason: reasonOf(outcome),
        delayMs,
      });
      await this.#clock.sleep(delayMs, signal());
    }
  }

  /** Where the service refuses our date, it is sent once more with the service's. */
  async #attempt<Answer extends object>(
    request: StorageRequest,
    attempt: number,
    judge: (answer: OpenAnswer) => Promise<Answer | FailedRequest>,
  ): Promise<Answer | FailedRequest> {
    const aheadMs = this.#aheadMs;
    const outcome = await this.#sendOnce(request, attempt, judge);
    const skewMs = isFailed(outcome) ? refusedDate(outcome, aheadMs) : undefined;
    if (skewMs === undefined) return outcome;
    this.#follow(skewMs);
    return this.#sendOnce(request, attempt, judge);
  }

  #follow(aheadMs: number): void {
    const isNews = Math.abs(aheadMs - this.#aheadMs) >= CLOCK_TOLERANCE_MS;
    this.#aheadMs = aheadMs;
    const time = new Date(this.now()).toISOString();
    if (isNews)
      this.#log.write({ kind: "note", message: `The object storage's clock says ${time}: signing with its time` });
  }

  async #sendOnce<Answer extends object>(
    request: StorageRequest,
    attempt: number,
    judge: (answer: OpenAnswer) => Promise<Answer | FailedRequest>,
  ): Promise<Answer | FailedRequest> {
    const startedAt = this.#clock.now();
    const timeoutMs = this.#timeoutOf(request);
    using limit = timeLimit(timeoutMs, isStoppable(request) ? request.signal : undefined);
    try {
      const { statusCode: status, headers, body } = await this.#dispatch(request, limit.signal);
      const outcome = await judge({ status, headers, body });
      this.#note(request, { attempt, startedAt, status, ...(isFailed(outcome) && { failed: outcome }) });
      return outcome;
    } catch (error) {
      if (isStoppable(request)) throwIfCancelled(request.signal);
      const cause = limit.hasPassed ? new Error(`timed out after ${formatDuration(timeoutMs)}`) : error;
      const failed = failedWithoutAnswer(request, cause);
      this.#note(request, { attempt, startedAt, failed });
      return failed;
    }
  }

  /** For one attempt. */
  #timeoutOf({ body }: StorageRequest): number {
    return this.#timeoutMs + (body?.length ?? 0) / SLOWEST_BYTES_PER_MS;
  }

  async #dispatch(request: StorageRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { origin, host, pathname } = new URL(this.baseUrl);
    const { method, bucket, key, query = {}, body } = request;
    const path = pathname.replace(/\/$/, "") + (bucket === undefined ? "/" : pathOf({ bucket, key }));
    const search = queryOf(query);
    const headers = this.#headers({ method, path, query: search, host, headers: request.headers ?? {} }, body);
    const dispatcher = await this.#connections.dispatcher();
    return dispatcher.request({
      // Not a URL: that would take the dots out of a key such as `a/../b`.
      ...{ origin, path: search === "" ? path : `${path}?${search}`, method, headers, signal },
      ...{ body: body ?? null, headersTimeout: 0, bodyTimeout: this.#timeoutMs },
    });
  }

  /** Signed afresh for every attempt, as a signature is good for a quarter of an hour at most. */
  #headers(
    { host, headers, ...line }: Pick<SignedParts, "method" | "path" | "headers"> & { query: string; host: string },
    body: Uint8Array = new Uint8Array(),
  ): Record<string, string> {
    const date = signatureDate(this.now());
    const bodyHash = sha256(body);
    const signed = { ...headers, host, "x-amz-content-sha256": bodyHash, "x-amz-date": date };
    const parts: SignedParts = {
      ...{ dialect: "AWS4", ...line, headers: signed, body, bodyHash, date },
      ...{ region: this.access.region, service: "s3" },
    };
    return { ...signed, authorization: authorization(this.access, parts), "user-agent": "outscale-chroot" };
  }

  #note({ operation, bucket, key, query }: StorageRequest, noted: Noted): void {
    this.#log.write({
      ...{ kind: "api", action: operation, attempt: noted.attempt, status: noted.status },
      ...{ requestId: noted.failed?.failure.requestId, code: noted.failed?.failure.storageCode },
      ...{ elapsedMs: this.#clock.now() - noted.startedAt, request: { bucket, key, ...query } },
    });
  }
}

interface Noted {
  readonly attempt: number;
  readonly startedAt: number;
  readonly status?: number;
  readonly failed?: FailedRequest;
}

const STOPPABLE: readonly string[] = ["PutObject", "UploadPart", "DeleteObject", "AbortMultipartUpload"];

function isStoppable({ isRead, operation }: StorageRequest): boolean {
  return isRead || STOPPABLE.includes(operation);
}

function isSuccess({ status }: AnsweredHead): boolean {
  return status >= 200 && status < 300;
}

function isFailed(outcome: object): outcome is FailedRequest {
  return "isTransient" in outcome;
}

/** A body that is longer than any that makes sense is not read to its end. */
async function readText(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MOST_ANSWER_BYTES)
      throw Object.assign(new Error("The answer has no end"), { code: "UND_ERR_RES_EXCEEDED_MAX_SIZE" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
