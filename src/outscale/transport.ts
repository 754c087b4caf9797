import { Agent, type Dispatcher, ProxyAgent, request } from "undici";
import { secrets } from "../common/secrets.ts";
import type { Access } from "./access.ts";
import { type Endpoint, parseEndpoint } from "./endpoint.ts";
import { proxyFor, proxyPasswords } from "./proxy.ts";

/** One answer, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Sends bytes and brings the answer. Knows TLS, proxies and sockets, and nothing of the API. */
export interface Transport extends AsyncDisposable {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** @throws what `undici` throws when no whole answer came before the signal fired */
  post(
    url: string,
    message: { headers: Record<string, string>; body: string; signal: AbortSignal },
  ): Promise<HttpAnswer>;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Every image of a region in one answer is a tenth of it; what is longer would fill our memory. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export function createTransport(access: Access, env: NodeJS.ProcessEnv): Transport {
  const endpoint = parseEndpoint(access.endpoint);
  const dispatcher = createDispatcher(endpoint, { access, env, limits: { maxResponseSize: MAX_ANSWER_BYTES } });
  return {
    baseUrl: endpoint.baseUrl,
    async post(url, { headers, body, signal }) {
      const answer = await request(url, { method: "POST", dispatcher, headers, body, signal });
      return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

interface DispatcherInput {
  readonly access: Pick<Access, "certificate" | "insecureSkipTlsVerify">;
  readonly env: NodeJS.ProcessEnv;
  readonly limits?: { readonly maxResponseSize: number };
}

/** The connections to an endpoint, with its TLS options, over the proxy that the environment names for it. */
export function createDispatcher(
  { baseUrl, socketPath }: Endpoint,
  { access, env, limits = { maxResponseSize: -1 } }: DispatcherInput,
): Dispatcher {
  const tls = {
    ...(access.certificate && { cert: access.certificate.cert, key: access.certificate.key }),
    ...(access.insecureSkipTlsVerify && { rejectUnauthorized: false }),
  };
  if (socketPath) return new Agent({ ...limits, connect: { socketPath, timeout: CONNECT_TIMEOUT_MS } });
  const proxy = proxyFor(new URL(baseUrl), env);
  if (proxy) {
    for (const password of proxyPasswords(proxy)) secrets.add(password);
    // The certificate is for the API, not for the proxy in between.
    return new ProxyAgent({ ...limits, uri: proxy, requestTls: { ...tls, timeout: CONNECT_TIMEOUT_MS } });
  }
  return new Agent({ ...limits, connect: { ...tls, timeout: CONNECT_TIMEOUT_MS } });
}
