import { type Clock, systemClock } from "../common/clock.ts";
import { throwIfCancelled } from "../common/errors.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import type { Access } from "./access.ts";
import { type ReadAnswer, readAnswer } from "./answer.ts";
import type { Api, ApiMethods, CallOptions, CallRequest } from "./api.ts";
import { errorOf, reasonOf } from "./describe-failure.ts";
import { ApiError } from "./errors.ts";
import { type ActionName, actions, type ResponseOf } from "./oapi.ts";
import { type RateLimiter, sharedRateLimiter } from "./rate-limiter.ts";
import { defaultRetry, effectOf, isRetryable, type RetrySettings, retryDelayMs } from "./retry.ts";
import { type Call, type ClockSkew, type Received, Sender } from "./sender.ts";
import { createTransport, type Transport } from "./transport.ts";

export type { ClockSkew };

export interface ApiOptions {
  readonly access: Access;
  readonly clock?: Clock;
  readonly log?: DebugLog;
  /** By default the process's one for this account, see {@link sharedRateLimiter}. */
  readonly limiter?: RateLimiter;
  readonly retry?: Partial<RetrySettings>;
  /** For one attempt, connecting included. In real time: a swapped clock does not move sockets. */
  readonly requestTimeoutMs?: number;
  /** Where the proxy variables are read. */
  readonly env?: NodeJS.ProcessEnv;
  /** Between 0 and 1, for the jitter of retries. */
  readonly random?: () => number;
  /** Told before a failed call is sent again. */
  readonly onRetry?: (retry: Retry) => void;
  /** Told when a call that was sent again was answered, or is given up. */
  readonly onRetryEnd?: (action: ActionName) => void;
  /** Told when the service refuses this machine's time: from then on calls are signed with the service's. */
  readonly onClockSkew?: (skew: ClockSkew) => void;
}

/** A call that failed in a way that may pass, and will be sent again. */
export interface Retry {
  readonly action: ActionName;
  /** Which attempt comes next: 2 for the first retry. */
  readonly attempt: number;
  readonly attempts: number;
  /** Why the last attempt failed. */
  readonly reason: string;
  /** How long from now the next one begins. */
  readonly delayMs: number;
}

const REQUEST_TIMEOUT_MS = 60_000;

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

class Client {
  readonly #transport: Transport;
  readonly #sender: Sender;
  readonly #clock: Clock;
  readonly #log: DebugLog;
  readonly #limiter: RateLimiter;
  readonly #retry: RetrySettings;
  readonly #random: () => number;
  readonly #onRetry: (retry: Retry) => void;
  readonly #onRetryEnd: (action: ActionName) => void;

  constructor(options: ApiOptions) {
    const { access, clock = systemClock, log = noLog, requestTimeoutMs: timeoutMs = REQUEST_TIMEOUT_MS } = options;
    this.#transport = createTransport(access, options.env ?? process.env);
    const onClockSkew = (skew: ClockSkew) => {
      log.write({ kind: "note", message: `The service's clock says ${skew.serviceTime}: signing with its time` });
      options.onClockSkew?.(skew);
    };
    this.#sender = new Sender({ transport: this.#transport, access, clock, log, timeoutMs, onClockSkew });
    this.#clock = clock;
    this.#log = log;
    this.#limiter = options.limiter ?? sharedRateLimiter(access);
    this.#retry = { ...defaultRetry, ...options.retry };
    this.#random = options.random ?? Math.random;
    this.#onRetry = options.onRetry ?? (() => undefined);
    this.#onRetryEnd = options.onRetryEnd ?? (() => undefined);
  }

  async call<A extends ActionName>(
    action: A,
    request: CallRequest<A>,
    { signal }: CallOptions = {},
  ): Promise<ResponseOf<A>> {
    const effect = effectOf(action, request);
    const { body, requestId } = await this.#send({ action, effect, body: JSON.stringify(request), signal });
    const answer: ReadAnswer<A> = readAnswer(action, body);
    if ("problem" in answer) {
      const failure = { action, httpStatus: 200, requestId, ambiguous: effect !== "read" };
      throw new ApiError(failure, `${action} gave an answer that cannot be read: ${answer.problem}`);
    }
    if (answer.dropped.length > 0) {
      this.#log.write({ kind: "note", message: `${action}: dropped unreadable ${answer.dropped.join(", ")}` });
    }
    return answer.value;
  }

  async dryRun<A extends ActionName>(action: A, request: CallRequest<A>, { signal }: CallOptions = {}): Promise<void> {
    const body = JSON.stringify({ ...request, DryRun: true });
    await this.#send({ action, effect: "read", body, signal });
  }

  async close(): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  async #send(call: Call): Promise<Received> {
    const progress = { isRetried: false };
    try {
      return await this.#sendUntilAnswered(call, progress);
    } finally {
      if (progress.isRetried) this.#onRetryEnd(call.action);
    }
  }

  /** Sends until an answer comes, or the failure is final, or time or attempts are used up. */
  async #sendUntilAnswered(call: Call, progress: { isRetried: boolean }): Promise<Received> {
    const startedAt = this.#clock.now();
    // Once something may have been done there, a cancel no longer counts: we go on until we know. Never so for a read.
    let ambiguous = false;
    for (let attempt = 1; ; attempt++) {
      throwIfCancelled(ambiguous ? undefined : call.signal);
      await this.#limiter.take(ambiguous ? undefined : call.signal);
      const outcome = await this.#sender.send(call, attempt);
      if ("body" in outcome) return outcome;
      ambiguous ||= outcome.failure.ambiguous;
      const failed = { ...outcome, failure: { ...outcome.failure, ambiguous } };
      const delayMs = retryDelayMs(attempt, this.#retry, outcome.retryAfterMs, this.#random());
      const isLast = attempt >= this.#retry.attempts || this.#clock.now() + delayMs - startedAt > this.#retry.totalMs;
      if (isLast || !isRetryable(call.effect, outcome)) {
        throw errorOf(failed, { baseUrl: this.#transport.baseUrl, attempts: attempt });
      }
      const { attempts } = this.#retry;
      progress.isRetried = true;
      this.#onRetry({ action: call.action, attempt: attempt + 1, attempts, reason: reasonOf(outcome), delayMs });
      await this.#clock.sleep(delayMs, ambiguous ? undefined : call.signal);
    }
  }
}
