import { type ApiFailure, isThrottleFailure } from "./errors.ts";
import type { ActionName } from "./oapi.ts";
import { type Effect, parseRetryAfter } from "./retry.ts";
import type { HttpAnswer } from "./transport.ts";

/** One attempt of a call that failed, and what may follow from it. */
export interface FailedAttempt {
  readonly failure: ApiFailure;
  /** The failure may pass by itself. */
  readonly isTransient: boolean;
  /** The `Retry-After` of the answer. */
  readonly retryAfterMs?: number | undefined;
  /** How far the service's clock is ahead of ours, by the answer's `Date`. */
  readonly clockSkewMs?: number | undefined;
  /** What was thrown, when no answer came. */
  readonly cause?: unknown;
}

/** Reads an answer that is no success, or a success that cannot be read: a proxy in between may have given either. */
export function failedByAnswer(
  { action, effect, now }: { action: ActionName; effect: Effect; now: number },
  answer: HttpAnswer,
  body: unknown,
): FailedAttempt {
  const { status } = answer;
  const isServerTrouble = status >= 500 && status !== 501;
  const isUnclear = isServerTrouble || status < 300;
  const error = fieldOf(fieldOf(body, "Errors"), "0");
  const answered = {
    action,
    httpStatus: status,
    apiCode: textOf(fieldOf(error, "Code")),
    apiType: textOf(fieldOf(error, "Type")),
    details: textOf(fieldOf(error, "Details")) || (error ? undefined : answer.text.trim().slice(0, 300)),
    requestId: requestIdOf(body),
    ambiguous: false,
  };
  const isThrottle = isThrottleFailure(answered);
  const date = Date.parse(textOf(answer.headers.date) ?? "");
  return {
    failure: { ...answered, ambiguous: isUnclear && !isThrottle && effect !== "read" },
    isTransient: isServerTrouble || isThrottle,
    retryAfterMs: parseRetryAfter(textOf(answer.headers["retry-after"]), now),
    clockSkewMs: Number.isNaN(date) ? undefined : date - now,
  };
}

/** `ResponseContext.RequestId` of any body. */
export function requestIdOf(body: unknown): string | undefined {
  return textOf(fieldOf(fieldOf(body, "ResponseContext"), "RequestId"));
}

/** Reads what was thrown in place of an answer. */
export function failedWithoutAnswer(action: ActionName, effect: Effect, cause: unknown): FailedAttempt {
  const ambiguous = !isBeforeSending(cause) && effect !== "read";
  return { failure: { action, ambiguous }, isTransient: isPassing(cause), cause };
}

/** TLS failures of a handshake: another attempt meets the same certificates. */
const TLS_CODE = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO$)/;

/** Whether an error of connecting speaks of certificates or of the TLS handshake. */
export function isTlsFailure(error: unknown): boolean {
  return chainOf(error).some((link) => TLS_CODE.test(codeOf(link)));
}

/** The code of a failure, the system's, Node's or undici's, such as `ECONNREFUSED`; empty when there is none. */
export function networkCodeOf(error: unknown): string {
  return chainOf(error).map(codeOf).find(Boolean) ?? "";
}

/** Whether the failure proves that no byte of the request has left: it happened while connecting. */
function isBeforeSending(error: unknown): boolean {
  return chainOf(error).some(
    (link) =>
      ["connect", "getaddrinfo"].includes(textOf(fieldOf(link, "syscall")) ?? "") ||
      ["UND_ERR_CONNECT_TIMEOUT", ...UNSENDABLE_CODES].includes(codeOf(link)) ||
      TLS_CODE.test(codeOf(link)) ||
      isProxyRefusal(link),
  );
}

/** What was to be sent cannot be: a header with a line break. */
const UNSENDABLE_CODES = ["UND_ERR_INVALID_ARG", "ERR_INVALID_CHAR"];
const TOO_LONG_CODES = ["ERR_ANSWER_TOO_LONG", "UND_ERR_RES_EXCEEDED_MAX_SIZE"];
const FINAL_CODES = ["ENOTFOUND", "ENOENT", "EACCES", ...UNSENDABLE_CODES, ...TOO_LONG_CODES];

/**
 * A name that does not exist, a socket that is not there, a certificate that is not trusted and an answer without end do
 * not heal by waiting.
 */
export function isPassing(error: unknown): boolean {
  const isFinal = FINAL_CODES.includes(networkCodeOf(error));
  return !isFinal && !isTlsFailure(error) && !chainOf(error).some(isProxyRefusal);
}

/** The proxy answered CONNECT with something else than 200; undici says so in the message alone. */
export function isProxyRefusal(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Proxy response");
}

/** The error, its causes, and the parts of an `AggregateError` (one for each address that was tried). */
function chainOf(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [];
  const parts: unknown[] = error instanceof AggregateError ? error.errors : [];
  return [error, ...parts.flatMap(chainOf), ...chainOf(error.cause)];
}

function codeOf(error: unknown): string {
  return textOf(fieldOf(error, "code")) ?? "";
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
