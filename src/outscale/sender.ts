import type { Clock } from "../common/clock.ts";
import { formatDuration } from "../common/duration.ts";
import { throwIfCancelled } from "../common/errors.ts";
import type { DebugLog } from "../common/log.ts";
import { timeLimit } from "../common/time-limit.ts";
import type { Access } from "./access.ts";
import { parseBody } from "./answer.ts";
import { CLOCK_TOLERANCE_MS } from "./clock-tolerance.ts";
import { type FailedAttempt, failedByAnswer, failedWithoutAnswer, requestIdOf } from "./failed-attempt.ts";
import type { ActionName } from "./oapi.ts";
import { redactBody } from "./redact.ts";
import type { Effect } from "./retry.ts";
import { authorization, type SignedParts, signatureDate } from "./signature.ts";
import type { HttpAnswer, Transport } from "./transport.ts";

/** A call, ready to be sent as often as it takes. */
export interface Call {
  readonly action: ActionName;
  readonly effect: Effect;
  /** JSON. */
  readonly body: string;
  readonly signal: AbortSignal | undefined;
}

/** A successful answer, not yet checked against the action's schema. */
export interface Received {
  readonly body: unknown;
  readonly requestId: string | undefined;
}

export interface SenderOptions {
  readonly transport: Transport;
  readonly access: Access;
  readonly clock: Clock;
  readonly log: DebugLog;
  /** For one attempt, in real time. */
  readonly timeoutMs: number;
  /** Told when the service's clock turns out to be another one than ours. */
  readonly onClockSkew: (skew: ClockSkew) => void;
}

/** The service's clock, as it differs from this machine's. */
export interface ClockSkew {
  /** How far it is ahead; negative when it is behind. */
  readonly aheadMs: number;
  /** What it says now, ISO 8601. */
  readonly serviceTime: string;
}

/** The service name that the newest official clients sign for. */
const SERVICE = "api";

/** Makes single attempts: signs, sends, judges what comes back, and logs it. */
export class Sender {
  readonly #options: SenderOptions;
  /** How far the time that we sign with is ahead of this machine's clock. */
  #aheadMs = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /**
   * Where the service refuses our date, it is sent once more with the service's: a clock that is wrong keeps nobody from
   * cleaning up.
   * @param attempt Counted from 1, for the log.
   * @throws {CancelledError} when the signal of a read fires; every other call runs to its answer or deadline
   */
  async send(call: Call, attempt: number): Promise<Received | FailedAttempt> {
    const aheadMs = this.#aheadMs;
    const outcome = await this.#attempt(call, attempt, aheadMs);
    if (!isRefusedDate(outcome)) return outcome;
    this.#follow(aheadMs + outcome.clockSkewMs);
    return this.#attempt(call, attempt, this.#aheadMs);
  }

  /** Another call may have found out the same meanwhile: then it was told. */
  #follow(aheadMs: number): void {
    const isNews = Math.abs(aheadMs - this.#aheadMs) >= CLOCK_TOLERANCE_MS;
    this.#aheadMs = aheadMs;
    const serviceTime = new Date(this.#options.clock.now() + aheadMs).toISOString();
    if (isNews) this.#options.onClockSkew({ aheadMs, serviceTime });
  }

  async #attempt(call: Call, attempt: number, aheadMs: number): Promise<Received | FailedAttempt> {
    const startedAt = this.#options.clock.now();
    const answer = await this.#post(call, aheadMs);
    const isAnswer = "status" in answer;
    const body = isAnswer ? parseBody(answer.text) : undefined;
    const outcome = isAnswer ? this.#judge(call, { answer, body, aheadMs }) : answer;
    this.#log(call, { attempt, startedAt, outcome, ...(isAnswer && { answer, body }) });
    return outcome;
  }

  async #post({ action, effect, body, signal }: Call, aheadMs: number): Promise<HttpAnswer | FailedAttempt> {
    const { transport, timeoutMs } = this.#options;
    const url = `${transport.baseUrl}/${action}`;
    using limit = timeLimit(timeoutMs, effect === "read" ? signal : undefined);
    try {
      return await transport.post(url, { headers: this.#headers(url, body, aheadMs), body, signal: limit.signal });
    } catch (error) {
      if (effect === "read") throwIfCancelled(signal);
      const cause = limit.hasPassed ? new Error(`timed out after ${formatDuration(timeoutMs)}`) : error;
      return failedWithoutAnswer(action, effect, cause);
    }
  }

  /** Signed afresh for every attempt, as a signature is good for five minutes. */
  #headers(url: string, body: string, aheadMs: number): Record<string, string> {
    const { access, clock } = this.#options;
    const { host, pathname } = new URL(url);
    const date = signatureDate(clock.now() + aheadMs);
    const headers = { "content-type": "application/json", host, "x-amz-date": date };
    const parts: SignedParts = {
      dialect: "AWS4",
      method: "POST",
      path: pathname,
      headers,
      body,
      date,
      region: access.region,
      service: SERVICE,
    };
    return { ...headers, authorization: authorization(access, parts), "user-agent": "outscale-chroot" };
  }

  /** A success with an unreadable body is none: something in between answered in the API's place. */
  #judge({ action, effect }: Call, { answer, body, aheadMs }: Judged): Received | FailedAttempt {
    const isSuccess = answer.status >= 200 && answer.status < 300 && body !== undefined;
    if (isSuccess) return { body, requestId: requestIdOf(body) };
    return failedByAnswer({ action, effect, now: this.#options.clock.now() + aheadMs }, answer, body);
  }

  #log({ action, body: request }: Call, { attempt, startedAt, outcome, answer, body }: LoggedAttempt): void {
    const { clock, log } = this.#options;
    log.write({
      kind: "api",
      action,
      attempt,
      status: answer?.status,
      requestId: requestIdOf(body),
      code: "failure" in outcome ? outcome.failure.apiCode : undefined,
      elapsedMs: clock.now() - startedAt,
      request: redactBody(action, JSON.parse(request)),
      ...(answer && { response: redactBody(action, body ?? answer.text) }),
    });
  }
}

/** Whether the service has refused a call whose date is not within the time that it takes. */
function isRefusedDate(outcome: Received | FailedAttempt): outcome is FailedAttempt & { readonly clockSkewMs: number } {
  if (!("failure" in outcome) || outcome.failure.httpStatus !== 401) return false;
  return Math.abs(outcome.clockSkewMs ?? 0) >= CLOCK_TOLERANCE_MS;
}

/** An answer to a call that was signed with a time that is so far ahead of this machine's. */
interface Judged {
  readonly answer: HttpAnswer;
  readonly body: unknown;
  readonly aheadMs: number;
}

interface LoggedAttempt {
  readonly attempt: number;
  readonly startedAt: number;
  readonly outcome: Received | FailedAttempt;
  readonly answer?: HttpAnswer;
  readonly body?: unknown;
}
