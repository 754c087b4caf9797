import type { Agent, Dispatcher } from "undici";
import { proxyPasswords } from "../common/proxy-address.ts";
import { secrets } from "../common/secrets.ts";
import type { Access } from "./access.ts";
import { DirectHttp } from "./direct-http.ts";
import { type Endpoint, parseEndpoint } from "./endpoint.ts";
import { proxyFor } from "./proxy.ts";

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
  /** @throws what Node's client or `undici` throws when no whole answer came before the signal fired */
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
  const { post, close } =
    proxyOf(endpoint, env) === undefined ? direct(endpoint, access) : proxied(endpoint, access, env);
  return { baseUrl: endpoint.baseUrl, post, [Symbol.asyncDispose]: close };
}

interface Way {
  readonly post: Transport["post"];
  readonly close: () => Promise<void>;
}

function direct({ socketPath }: Endpoint, access: Access): Way {
  const limits = { connectTimeoutMs: CONNECT_TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES };
  const http = new DirectHttp({ socketPath, tls: tlsOf(access), ...limits });
  return {
    post: (url, message) => http.request(new URL(url), { method: "POST", ...message }),
    close: () => http[Symbol.asyncDispose](),
  };
}

function proxied(endpoint: Endpoint, access: Access, env: NodeJS.ProcessEnv): Way {
  const connections = connectionsTo(endpoint, { access, env, limits: { maxResponseSize: MAX_ANSWER_BYTES } });
  return {
    async post(url, message) {
      const { origin, pathname, search } = new URL(url);
      const dispatcher = await connections.dispatcher();
      const answer = await dispatcher.request({ origin, path: `${pathname}${search}`, method: "POST", ...message });
      return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
    },
    close: () => connections.destroy(),
  };
}

/** @throws {ConfigError} when the environment names none that there can be */
function proxyOf(endpoint: Endpoint, env: NodeJS.ProcessEnv): string | undefined {
  return endpoint.socketPath ? undefined : proxyFor(new URL(endpoint.baseUrl), env);
}

function tlsOf({ certificate, insecureSkipTlsVerify }: ConnectionOptions["access"]) {
  return {
    ...(certificate && { cert: certificate.cert, key: certificate.key }),
    ...(insecureSkipTlsVerify && { rejectUnauthorized: false }),
  };
}

interface ConnectionOptions {
  readonly access: Pick<Access, "certificate" | "insecureSkipTlsVerify">;
  readonly env: NodeJS.ProcessEnv;
  readonly limits?: { readonly maxResponseSize: number };
}

/** The connections to an endpoint. Nothing is loaded before the first request: most commands make none. */
export interface Connections {
  dispatcher(): Promise<Dispatcher>;
  destroy(): Promise<void>;
}

/**
 * The connections to an endpoint, with its TLS options, over the proxy that the environment names for it.
 * @throws {ConfigError} when the environment names none that there can be
 */
export function connectionsTo(endpoint: Endpoint, { access, env, limits }: ConnectionOptions): Connections {
  const proxy = proxyOf(endpoint, env);
  for (const password of proxyPasswords(proxy)) secrets.add(password);
  const tls = tlsOf(access);
  let dispatcher: Promise<Dispatcher> | undefined;
  return {
    dispatcher() {
      dispatcher ??= createDispatcher({ proxy, tls, limits });
      return dispatcher;
    },
    async destroy() {
      await (await dispatcher)?.destroy();
    },
  };
}

interface DispatcherOptions {
  readonly proxy: string | undefined;
  readonly tls: Agent.Options["connect"] & object;
  readonly limits: { readonly maxResponseSize: number } | undefined;
}

/** By undici, which knows proxies of every kind and streams bodies; with the first request, as it is the largest thing that a command may load. */
async function createDispatcher({ proxy, tls, limits }: DispatcherOptions): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = await import("undici");
  const timeout = CONNECT_TIMEOUT_MS;
  // The certificate is for the API, not for the proxy in between.
  if (proxy) return new ProxyAgent({ ...limits, uri: proxy, requestTls: { ...tls, timeout } });
  return new Agent({ ...limits, connect: { ...tls, timeout } });
}
