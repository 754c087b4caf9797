import { describe, expect, it } from "vitest";
import { errorOf } from "./describe-failure.ts";
import { ApiAuthError, ApiError, isAmbiguous, isConflict } from "./errors.ts";
import { failedByAnswer, failedWithoutAnswer } from "./failed-attempt.ts";

const context = { baseUrl: "https://api.eu-west-2.outscale.com/api/v1", attempts: 1 };

function answered(status: number, Code: string | undefined, text = "") {
  const call = { action: "LinkVolume", effect: "once", now: 0 } as const;
  const body = Code === undefined ? undefined : { Errors: [{ Code, Type: "T", Details: "D" }] };
  return errorOf(failedByAnswer(call, { status, headers: {}, text }, body), context);
}

/** An error as Node throws it. */
function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
}

function unanswered(cause: unknown) {
  const attempt = failedWithoutAnswer("LinkVolume", "once", cause);
  const { message, hint } = errorOf(attempt, context);
  return { message, hint, ambiguous: attempt.failure.ambiguous, isTransient: attempt.isTransient };
}

describe("errorOf() of an answer", () => {
  it("has nothing of the service's in it that would change a terminal", () => {
    const error = answered(502, undefined, "\u001b[2J\u001b]0;title\u0007Bad gateway");
    expect(error.message).toContain("Bad gateway");
    expect(error.message).not.toContain("\u001b");
  });

  it.each([
    [401, "1", ApiAuthError, /secret key/],
    [401, "7", ApiAuthError, /policy/],
    [401, "13", ApiAuthError, /wait a minute/],
    [403, undefined, ApiAuthError, /^Check the access key/],
    [400, "4120", ApiAuthError, /one region/],
    [400, "5064", ApiError, undefined],
    [429, "25", ApiError, /fewer builds/],
    [503, "6", ApiError, /fewer builds/],
    [400, "10026", ApiError, /snapshots/],
    [400, "10099", ApiError, /ReadQuotas/],
    [500, "0", ApiError, /service is in trouble/],
    [404, undefined, ApiError, /custom_endpoint_oapi/],
  ])("for HTTP %i with code %s is of the right family and gives advice", (status, code, family, hint) => {
    const error = answered(status, code);
    expect(error).toBeInstanceOf(family);
    if (hint) expect(error.hint).toMatch(hint);
    else expect(error.hint).toBeUndefined();
  });

  it("quotes a foreign answer, but not all of it", () => {
    expect(answered(502, undefined, "x".repeat(1000)).message).toBe(`LinkVolume failed: ${"x".repeat(300)} (HTTP 502)`);
  });

  it("says what branches need to know", () => {
    expect([answered(409, "9063"), answered(409, undefined), answered(409, "6007")].every(isConflict)).toBe(true);
    expect([answered(500, "0"), answered(503, undefined)].every(isAmbiguous)).toBe(true);
    expect([answered(429, "24"), answered(503, "6"), answered(501, "0"), answered(400, "0")].some(isAmbiguous)).toBe(
      false,
    );
  });
});

describe("errorOf() without an answer", () => {
  it.each([
    ["nobody listens", systemError("ECONNREFUSED", "connect"), /local cloud/, false, true],
    ["no route", systemError("EHOSTUNREACH", "connect"), /network/, false, true],
    ["no such name", systemError("ENOTFOUND", "getaddrinfo"), /region/, false, false],
    ["no name server", systemError("EAI_AGAIN", "getaddrinfo"), /name server/, false, true],
    ["no such socket", systemError("ENOENT", "connect"), /socket/, false, false],
    ["a reset", systemError("ECONNRESET", "read"), /network/, true, true],
    ["an unknown authority", systemError("SELF_SIGNED_CERT_IN_CHAIN", "tls"), /NODE_EXTRA_CA_CERTS/, false, false],
    ["an expired certificate", systemError("CERT_HAS_EXPIRED", "tls"), /expired, .* clock first$/, false, false],
    ["a server without TLS", systemError("ERR_SSL_WRONG_VERSION_NUMBER", "tls"), /http:/, false, false],
    [
      "a proxy that refuses",
      new Error("Proxy response (403) !== 200 when HTTP Tunneling"),
      /HTTPS_PROXY/,
      false,
      false,
    ],
  ])("after %s gives advice and knows whether it was sent", (_title, cause, hint, ambiguous, isTransient) => {
    const error = unanswered(cause);
    expect(error).toMatchObject({ hint: expect.stringMatching(hint), ambiguous, isTransient });
    expect(error.message).toContain(cause.message);
  });

  it("looks into every address that was tried", () => {
    const tries = [systemError("ECONNREFUSED", "connect"), systemError("ECONNREFUSED", "connect")];
    expect(unanswered(new AggregateError(tries))).toMatchObject({ ambiguous: false, isTransient: true });
  });
});
