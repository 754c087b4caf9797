import type { Clock } from "../common/clock.ts";
import { formatDuration } from "../common/duration.ts";
import { throwIfCancelled } from "../common/errors.ts";
import type { DebugLog } from "../common/log.ts";
import type { Access } from "./access.ts";
import { parseBody } from "./answer.ts";
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
}

/** The service name that the newest official clients sign for. */
const SERVICE = "api";

/** Makes single attempts: signs, sends, judges what comes back, and logs it. */
export class Sender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /**
   * @param attempt Counted from 1, for the log.
   * @throws {CancelledError} when the signal of a read fires; every other call runs to its answer or deadline
   */
  async send(call: Call, attempt: number): Promise<Received | FailedAttempt> {
    const startedAt = this.#options.clock.now();
    const answer = await this.#post(call);
    const isAnswer = "status" in answer;
    const body = isAnswer ? parseBody(answer.text) : undefined;
    const outcome = isAnswer ? this.#judge(call, answer, body) : answer;
    this.#log(call, { attempt, startedAt, outcome, ...(isAnswer && { answer, body }) });
    return outcome;
  }

  async #post({ action, effect, body, signal }: Call): Promise<HttpAnswer | FailedAttempt> {
    const { transport, timeoutMs } = this.#options;
    const url = `${transport.baseUrl}/${action}`;
    const deadline = AbortSignal.timeout(timeoutMs);
    const stop = effect === "read" && signal ? AbortSignal.any([deadline, signal]) : deadline;
    try {
      return await transport.post(url, { headers: this.#headers(url, body), body, signal: stop });
    } catch (error) {
      if (effect === "read") throwIfCancelled(signal);
      const cause = deadline.aborted ? new Error(`timed out after ${formatDuration(timeoutMs)}`) : error;
      return failedWithoutAnswer(action, effect, cause);
    }
  }

  /** Signed afresh for every attempt, as a signature is good for five minutes. */
  #headers(url: string, body: string): Record<string, string> {
    const { access, clock } = this.#options;
    const { host, pathname } = new URL(url);
    const date = signatureDate(clock.now());
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
  #judge({ action, effect }: Call, answer: HttpAnswer, body: unknown): Received | FailedAttempt {
    const isSuccess = answer.status >= 200 && answer.status < 300 && body !== undefined;
    if (isSuccess) return { body, requestId: requestIdOf(body) };
    return failedByAnswer({ action, effect, now: this.#options.clock.now() }, answer, body);
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

interface LoggedAttempt {
  readonly attempt: number;
  readonly startedAt: number;
  readonly outcome: Received | FailedAttempt;
  readonly answer?: HttpAnswer;
  readonly body?: unknown;
}
