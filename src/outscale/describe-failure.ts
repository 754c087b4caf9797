import { messageOf } from "../common/errors.ts";
import { withoutControls } from "../common/without-controls.ts";
import { CLOCK_TOLERANCE_MS } from "./clock-tolerance.ts";
import { ApiAuthError, ApiError, type ApiFailure, isAuthFailure, isThrottleFailure } from "./errors.ts";
import { type FailedAttempt, isProxyRefusal, isTlsFailure, networkCodeOf } from "./failed-attempt.ts";

/** The error of a call that is given up, from its last attempt. */
export function errorOf(attempt: FailedAttempt, { baseUrl, attempts }: { baseUrl: string; attempts: number }) {
  const { failure } = attempt;
  const tries = attempts > 1 ? ` after ${attempts} attempts` : "";
  if (failure.httpStatus === undefined) {
    const message = `${failure.action} got no answer from ${baseUrl}${tries}: ${messageOf(attempt.cause)}`;
    return new ApiError(failure, message, { cause: attempt.cause, hint: networkHint(attempt.cause) });
  }
  const message = `${failure.action} failed${tries}: ${withoutControls(wordsOf(failure))}`;
  if (isAuthFailure(failure)) return new ApiAuthError(failure, message, { hint: authHint(attempt) });
  return new ApiError(failure, message, { hint: answerHint(failure) });
}

const NETWORK_WORDS: Readonly<Record<string, string>> = {
  EAI_AGAIN: "the name server does not answer",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EHOSTUNREACH: "no way to the host",
  ENETUNREACH: "no way to the network",
  EPIPE: "connection reset",
  ETIMEDOUT: "connection timed out",
  UND_ERR_CONNECT_TIMEOUT: "connection timed out",
  UND_ERR_SOCKET: "connection closed",
};

/** Why an attempt has failed, in few words: `connection refused`, `[6] ... (HTTP 503)`. */
export function reasonOf({ failure, cause }: FailedAttempt): string {
  if (failure.httpStatus !== undefined) return wordsOf(failure);
  return NETWORK_WORDS[networkCodeOf(cause)] ?? messageOf(cause);
}

/** `[5064] InvalidResource, no such volume (HTTP 400, request 0475ca1e-...)`. */
function wordsOf({ apiCode, apiType, details, httpStatus, requestId }: ApiFailure): string {
  const words = [apiType, details].filter(Boolean).join(", ");
  const origin = [`HTTP ${httpStatus}`, ...(requestId ? [`request ${requestId}`] : [])].join(", ");
  return [apiCode ? `[${apiCode}]` : "", words, `(${origin})`].filter(Boolean).join(" ");
}

const AUTH_HINTS: Readonly<Record<string, string>> = {
  "1": "Check that the secret key belongs to the access key and that the region is the account's own",
  "4": "The credentials are right, but their policy does not allow this call",
  "5": "The credentials are right, but their policy does not allow this call",
  "7": "The credentials are right, but their policy does not allow this call",
  "11": "The account is locked: ask OUTSCALE's support to unlock it",
  "13": "Too many bad signatures in a row: wait a minute, check the secret key, and try again",
  "14": "The account's API access rules ask for a known IP address or a client certificate: see x509_cert_path and x509_key_path",
  "20": "The account's password has expired: renew it in Cockpit",
  "4120": "An access key is good in one region only: check that the key exists and that the region is its own",
};

function authHint({ failure, clockSkewMs = 0 }: FailedAttempt): string {
  if (Math.abs(clockSkewMs) >= CLOCK_TOLERANCE_MS) {
    const minutes = Math.round(Math.abs(clockSkewMs) / 60_000);
    return `This machine's clock is ${minutes} minutes ${clockSkewMs > 0 ? "behind" : "ahead of"} the service's: set it`;
  }
  return AUTH_HINTS[failure.apiCode ?? ""] ?? "Check the access key, the secret key and the region";
}

const QUOTA_HINTS: Readonly<Record<string, string>> = {
  "10008": "Too many snapshots are being taken at once: try again later, or build fewer images at a time",
  "10018": "The account has as many volumes as it may: delete some or ask for a higher quota",
  "10024": "The account's volumes are as large as they may be in total: delete some or ask for a higher quota",
  "10025": "The account's volumes have as many IOPS as they may: lower iops or ask for a higher quota",
  "10026": "The account has as many snapshots as it may: delete some or ask for a higher quota",
};

function answerHint(failure: ApiFailure): string | undefined {
  const code = Number(failure.apiCode);
  if (isThrottleFailure(failure)) return "The account sends too many requests: run fewer builds at the same time";
  if (code >= 10_000 && code < 11_000) {
    return QUOTA_HINTS[failure.apiCode ?? ""] ?? "A quota of the account is used up: ReadQuotas shows which";
  }
  if (failure.httpStatus !== undefined && failure.httpStatus >= 500) {
    return "The service is in trouble: see https://status.outscale.com and try again later";
  }
  if (!failure.apiCode) return "The answer is not the API's: check custom_endpoint_oapi and the proxy variables";
  return undefined;
}

const NO_CONNECTION = "No connection could be made: check the network, and HTTPS_PROXY if a proxy is needed";

const NETWORK_HINTS: Readonly<Record<string, string>> = {
  ENOTFOUND: "The host name does not exist: check the region and custom_endpoint_oapi",
  EAI_AGAIN: "The name server does not answer: check this machine's network",
  ECONNREFUSED: "Nothing listens there: check custom_endpoint_oapi, or start the local cloud",
  ENOENT: "The socket does not exist: check custom_endpoint_oapi, or start the local cloud",
  EACCES: "This user may not use the socket: run as root, or check who owns it",
  EPROTO: "The endpoint does not speak TLS: check whether it should be http://",
  ERR_SSL_WRONG_VERSION_NUMBER: "The endpoint does not speak TLS: check whether it should be http://",
  ERR_TLS_CERT_ALTNAME_INVALID: "The endpoint's certificate is for another host name: check custom_endpoint_oapi",
  CERT_HAS_EXPIRED: "The endpoint's certificate has expired, or this machine's clock is wrong: look at the clock first",
  CERT_NOT_YET_VALID: "The endpoint's certificate is not valid yet: this machine's clock is probably behind",
  ETIMEDOUT: NO_CONNECTION,
  UND_ERR_CONNECT_TIMEOUT: NO_CONNECTION,
};

/** What can be done when no answer came. */
export function networkHint(cause: unknown): string {
  if (/CERTIFICATE_REQUIRED|ALERT_BAD_CERTIFICATE|ALERT_UNKNOWN_CA/.test(networkCodeOf(cause))) {
    return "The endpoint asks for a client certificate that it knows: see x509_cert_path and x509_key_path";
  }
  if (isProxyRefusal(cause))
    return "The proxy refuses the connection: check HTTPS_PROXY (for http:// HTTP_PROXY) and NO_PROXY";
  const hint = NETWORK_HINTS[networkCodeOf(cause)];
  if (hint) return hint;
  if (isTlsFailure(cause)) {
    return "The endpoint's certificate is not trusted: set NODE_EXTRA_CA_CERTS to a file with its authority's certificate";
  }
  return "Check the network between this machine and the endpoint";
}
