import { authorization, type Dialect, dialects, signatureDate } from "../../../src/outscale/signature.ts";

/** Where to call, and as whom. */
export interface Caller {
  /** The base URL of the API, such as `http://127.0.0.1:4566/api/v1`. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly dialect?: Dialect;
  /** `eu-west-2` when absent. */
  readonly region?: string;
  /** The time that is signed, in milliseconds since the epoch; now, when absent. */
  readonly nowMs?: number;
}

/** What the API answered, whether it refused or not. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The tests read answers as the wire gives them: what they may hold is what the tests are about.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any;
}

/** One signed call, without retries and without a schema in between. */
export async function signedCall(caller: Caller, action: string, request: unknown = {}): Promise<Answer> {
  const url = new URL(`${caller.endpoint}/${action}`);
  const body = JSON.stringify(request);
  const headers = signedHeaders(caller, url, body);
  const response = await fetch(url, { method: "POST", headers, body });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** The headers of a signed call; `host` is left to the client that sends it. */
export function signedHeaders(
  caller: Caller,
  url: Pick<URL, "pathname" | "host">,
  body: string,
): Record<string, string> {
  const dialect = caller.dialect ?? "OSC4";
  const date = signatureDate(caller.nowMs ?? Date.now());
  const sent = { "content-type": "application/json", [dialects[dialect].dateHeader]: date };
  const parts = {
    ...{
      dialect,
      method: "POST",
      path: url.pathname,
      body,
      date,
      region: caller.region ?? "eu-west-2",
      service: "api",
    },
    headers: { ...sent, host: url.host },
  };
  return { ...sent, authorization: authorization(caller, parts) };
}
