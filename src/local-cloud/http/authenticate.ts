import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Dialect, dialects, signature } from "../../outscale/signature.ts";
import type { Account, Accounts } from "../accounts.ts";
import { Refusal } from "../refusal.ts";
import type { LockOut } from "./lock-out.ts";

/** A request as it came in. */
export interface SignedRequest {
  readonly method: string;
  /** The path with its query, as it was sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Authorization {
  readonly dialect: Dialect;
  readonly accessKey: string;
  readonly day: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** A request must arrive so soon after its date. @see OUTSCALE, "About Signatures of API Requests" */
const WINDOW_MS = 5 * 60_000;

const AUTHORIZATION =
  /^(OSC4|AWS4)-HMAC-SHA256 +Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/(?:osc4|aws4)_request, *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/;

/**
 * The account that signed a request, in either dialect. Region and service are taken from the signature's scope.
 * @throws {Refusal} 400/4120 for an unknown key, 401/1 for a bad signature or date, 401/12 or 403/8 for no signature
 */
export function authenticate(
  request: SignedRequest,
  { accounts, lockOut, nowMs }: { accounts: Accounts; lockOut: LockOut; nowMs: number },
): Account {
  const given = parseAuthorization(request.headers.authorization);
  const account = accounts.byAccessKey(given.accessKey);
  if (!account) throw new Refusal("unknown-access-key", "The access key is not known in this region");
  lockOut.check(account.accessKey);
  try {
    checkSignature(request, given, account, nowMs);
  } catch (error) {
    lockOut.countFailure(account.accessKey);
    throw error;
  }
  lockOut.countSuccess(account.accessKey);
  return account;
}

function parseAuthorization(header: string | undefined): Authorization {
  if (!header) throw new Refusal("no-authentication", "The request has no Authorization header");
  const match = AUTHORIZATION.exec(header);
  if (!match) throw new Refusal("unknown-scheme", "The Authorization header is not a Signature Version 4");
  const [, dialect, accessKey = "", day = "", region = "", service = "", names = "", hex = ""] = match;
  return {
    dialect: dialect === "OSC4" ? "OSC4" : "AWS4",
    accessKey,
    day,
    region,
    service,
    signedHeaders: names.split(";"),
    signature: hex,
  };
}

function checkSignature(request: SignedRequest, given: Authorization, account: Account, nowMs: number): void {
  const { dateHeader } = dialects[given.dialect];
  const date = String(request.headers[dateHeader] ?? "");
  for (const name of ["host", dateHeader]) {
    if (!given.signedHeaders.includes(name)) throw new Refusal("bad-signature", `The header ${name} is not signed`);
  }
  if (date.slice(0, 8) !== given.day) throw new Refusal("bad-signature", "The scope has another day than the date");
  if (!(Math.abs(nowMs - epochOf(date)) <= WINDOW_MS)) {
    throw new Refusal("bad-signature", `The date "${date}" is more than 5 minutes away from now`);
  }
  const signed = signedForms(request).map((form) => {
    const headers = given.signedHeaders.map((name) => [
      name,
      form.headers[name] ?? String(request.headers[name] ?? ""),
    ]);
    const { dialect, region, service } = given;
    const { method, body } = request;
    return { ...form, dialect, region, service, method, body, date, headers: Object.fromEntries(headers) };
  });
  const isGood = signed.some((parts) => isSame(signature(account.secretKey, parts), given.signature));
  if (!isGood) throw new Refusal("bad-signature", "The signature does not match");
}

/**
 * What a client may have signed for this request. Some sign another path than they send, with one slash where they send
 * two, and osc-sdk-python signs the host without the port that its HTTP library adds.
 */
function signedForms({ url, headers }: SignedRequest) {
  const [path = "", query = ""] = url.split("?");
  const { host = "" } = headers;
  const paths = new Set([path, path.replace(/\/{2,}/g, "/")]);
  const hosts = new Set([host, host.replace(/:\d+$/, "")]);
  return [...paths].flatMap((path) =>
    [...hosts].map((host): { path: string; query: string; headers: Record<string, string> } => ({
      path,
      query,
      headers: { host },
    })),
  );
}

function isSame(expected: string, given: string): boolean {
  return timingSafeEqual(Buffer.from(expected), Buffer.from(given));
}

/** The milliseconds of `20260101T120000Z`; NaN for anything else. */
function epochOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
