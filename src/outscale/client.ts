import { type Clock, systemClock } from "../common/clock.ts";
import { formatDuration } from "../common/duration.ts";
import { throwIfCancelled } from "../common/errors.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import type { Access } from "./access.ts";
import { parseBody, type ReadAnswer, readAnswer } from "./answer.ts";
import type { Api, ApiMethods, CallOptions, CallRequest } from "./api.ts";
import { errorOf } from "./describe-failure.ts";
import { ApiError } from "./errors.ts";
import { type FailedAttempt, failedByAnswer, failedWithoutAnswer, requestIdOf } from "./failed-attempt.ts";
import { type ActionName, actions, type ResponseOf } from "./oapi.ts";
import { type RateLimiter, sharedRateLimiter } from "./rate-limiter.ts";
import { redactBody } from "./redact.ts";
import { defaultRetry, type Effect, effectOf, isRetryable, type RetrySettings, retryDelayMs } from "./retry.ts";
import { authorization, type SignedParts, signatureDate } from "./signature.ts";
import { createTransport, type HttpAnswer, type Transport } from "./transport.ts";

export interface ApiOptions {
  readonly access: Access;
  readonly clock?: Clock;
  readonly log?: DebugLog;
  /** By default the process's one for this account, see {@link sharedRateLimiter}; `unlimited` for a local cloud. */
  readonly limiter?: RateLimiter;
  readonly retry?: Partial<RetrySettings>;
  /** For one attempt, connecting included. In real time: a swapped clock does not move sockets. */
  readonly requestTimeoutMs?: number;
  /** Where the proxy variables are read. */
  readonly env?: NodeJS.ProcessEnv;
  /** Between 0 and 1, for the jitter of retries. */
  readonly random?: () => number;
}

const REQUEST_TIMEOUT_MS = 60_000;
/** The service name that the newest official clients sign for. */
const SERVICE = "api";

/**
 * Connects to the API. Nothing is sent before the first call; disposing closes the connections.
 *
 * @throws {ConfigError} when the endpoint is none
 */
export function createApi(options: ApiOptions): Api & AsyncDisposable {
  const client = new Client(options);
  const methods = Object.keys(actions).map((name) => {
    const action = name as ActionName;
    const call = (request: CallRequest<ActionName>, callOptions?: CallOptions) =>
      client.call(action, request, callOptions);
    return [action[0]?.toLowerCase() + action.slice(1), call];
  });
  return {
    // The table of actions is what the methods are made of, and what their types are mapped over.
    ...(Object.fromEntries(methods) as ApiMethods),
    dryRun: (action, request, callOptions) => client.dryRun(action, request, callOptions),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** A call under way. */
interface Call {
  readonly action: ActionName;
  readonly effect: Effect;
  readonly body: string;
  readonly signal: AbortSignal | undefined;
}

type Outcome = { readonly body: unknown; readonly requestId: string | undefined } | FailedAttempt;

class Client {
  readonly #transport: Transport;
  readonly #access: Access;
  readonly #clock: Clock;
  readonly #log: DebugLog;
  readonly #limiter: RateLimiter;
  readonly #retry: RetrySettings;
  readonly #timeoutMs: number;
  readonly #random: () => number;

  constructor(options: ApiOptions) {
    this.#access = options.access;
    this.#transport = createTransport(options.access, options.env ?? process.env);
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? noLog;
    this.#limiter = options.limiter ?? sharedRateLimiter(options.access);
    this.#retry = { ...defaultRetry, ...options.retry };
    this.#timeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#random = options.random ?? Math.random;
  }

  async call<A extends ActionName>(
    action: A,
    request: CallRequest<A>,
    options: CallOptions = {},
  ): Promise<ResponseOf<A>> {
    const effect = effectOf(action, request);
    const { body, requestId } = await this.#send({
      action,
      effect,
      body: JSON.stringify(request),
      ...signalOf(options),
    });
    const answer: ReadAnswer<A> = readAnswer(action, body);
    if ("problem" in answer) {
      const failure = { action, httpStatus: 200, requestId, ambiguous: effect !== "read" };
      throw new ApiError(failure, `${action} answered what cannot be read: ${answer.problem}`);
    }
    if (answer.dropped.length > 0) {
      this.#log.write({ kind: "note", message: `${action}: dropped unreadable ${answer.dropped.join(", ")}` });
    }
    return answer.value;
  }

  async dryRun<A extends ActionName>(action: A, request: CallRequest<A>, options: CallOptions = {}): Promise<void> {
    const body = JSON.stringify({ ...request, DryRun: true });
    await this.#send({ action, effect: "read", body, ...signalOf(options) });
  }

  async close(): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  /** Sends until an answer comes, or the failure is final, or time or attempts are used up. */
  async #send(call: Call) {
    const startedAt = this.#clock.now();
    // Once something may have been done there, a cancel no longer counts: we go on until we know. Never so for a read.
    let ambiguous = false;
    for (let attempt = 1; ; attempt++) {
      throwIfCancelled(ambiguous ? undefined : call.signal);
      await this.#limiter.take(ambiguous ? undefined : call.signal);
      const outcome = await this.#attempt(call, attempt);
      if ("body" in outcome) return outcome;
      ambiguous ||= outcome.failure.ambiguous;
      const failed = { ...outcome, failure: { ...outcome.failure, ambiguous } };
      const delayMs = retryDelayMs(attempt, this.#retry, outcome.retryAfterMs, this.#random());
      const isLast = attempt >= this.#retry.attempts || this.#clock.now() + delayMs - startedAt > this.#retry.totalMs;
      if (isLast || !isRetryable(call.effect, outcome)) {
        throw errorOf(failed, { baseUrl: this.#transport.baseUrl, attempts: attempt });
      }
      await this.#clock.sleep(delayMs, ambiguous ? undefined : call.signal);
    }
  }

  async #attempt(call: Call, attempt: number): Promise<Outcome> {
    const { action, effect } = call;
    const startedAt = this.#clock.now();
    const url = `${this.#transport.baseUrl}/${action}`;
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    const signal = effect === "read" && call.signal ? AbortSignal.any([deadline, call.signal]) : deadline;
    try {
      const message = { headers: this.#headers(url, call.body), body: call.body, signal };
      const answer = await this.#transport.post(url, message);
      const body = parseBody(answer.text);
      const outcome = this.#judge(call, answer, body);
      this.#logAttempt(call, { attempt, startedAt, answer, body, outcome });
      return outcome;
    } catch (error) {
      if (effect === "read") throwIfCancelled(call.signal);
      const cause = deadline.aborted ? new Error(`timed out after ${formatDuration(this.#timeoutMs)}`) : error;
      const outcome = failedWithoutAnswer(action, effect, cause);
      this.#logAttempt(call, { attempt, startedAt, outcome });
      return outcome;
    }
  }

  /** A 2xx with an unreadable body is no success: something in between answered in the API's place. */
  #judge({ action, effect }: Call, answer: HttpAnswer, body: unknown): Outcome {
    const isSuccess = answer.status >= 200 && answer.status < 300 && body !== undefined;
    if (isSuccess) return { body, requestId: requestIdOf(body) };
    return failedByAnswer({ action, effect, now: this.#clock.now() }, answer, body);
  }

  /** Signed afresh for every attempt, as a signature is good for five minutes. */
  #headers(url: string, body: string): Record<string, string> {
    const { host, pathname } = new URL(url);
    const date = signatureDate(this.#clock.now());
    const headers = { "content-type": "application/json", host, "x-amz-date": date };
    const parts: SignedParts = {
      dialect: "AWS4",
      method: "POST",
      path: pathname,
      headers,
      body,
      date,
      region: this.#access.region,
      service: SERVICE,
    };
    return { ...headers, authorization: authorization(this.#access, parts), "user-agent": "outscale-chroot" };
  }

  #logAttempt({ action, body: request }: Call, { attempt, startedAt, answer, body, outcome }: LoggedAttempt): void {
    const failure = "failure" in outcome ? outcome.failure : undefined;
    this.#log.write({
      kind: "api",
      action,
      attempt,
      status: answer?.status,
      requestId: requestIdOf(body),
      code: failure?.apiCode,
      elapsedMs: this.#clock.now() - startedAt,
      request: redactBody(action, JSON.parse(request)),
      ...(answer && { response: redactBody(action, body ?? answer.text) }),
    });
  }
}

interface LoggedAttempt {
  readonly attempt: number;
  readonly startedAt: number;
  readonly answer?: HttpAnswer;
  readonly body?: unknown;
  readonly outcome: Outcome;
}

function signalOf({ signal }: CallOptions): { readonly signal: AbortSignal | undefined } {
  return { signal };
}
