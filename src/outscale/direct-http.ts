import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { AgentOptions } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { HttpAnswer } from "./transport.ts";

export interface DirectOptions {
  readonly socketPath?: string | undefined;
  readonly tls?: Pick<AgentOptions, "cert" | "key" | "rejectUnauthorized">;
  /** Until a connection stands, its TLS included. */
  readonly connectTimeoutMs: number;
  /** An answer that is longer is let go of. */
  readonly maxBytes: number;
}

export interface DirectRequest {
  readonly method: "GET" | "POST";
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Node's own, of the protocol. */
interface Client {
  readonly agent: Agent;
  request(url: URL, options: RequestOptions): ClientRequest;
}

/** A connection that nobody uses is closed after this time, before most services do it. */
const IDLE_MS = 4_000;

/**
 * Requests without a proxy in between, by Node's own client. Its parser is native: that of undici is WebAssembly, and compiling and
 * optimising it took a sixth of a bake's processor time.
 */
export class DirectHttp implements AsyncDisposable {
  readonly #options: DirectOptions;
  #client: Client | undefined;

  constructor(options: DirectOptions) {
    this.#options = options;
  }

  /**
   * Always with the same protocol.
   * @throws {Error} with the system's or Node's code, when no whole answer came before the signal fired
   */
  async request(url: URL, { method, headers = {}, body, signal }: DirectRequest): Promise<HttpAnswer> {
    const { socketPath, connectTimeoutMs, maxBytes } = this.#options;
    this.#client ??= this.#open(url.protocol);
    const client = this.#client;
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      const request = client.request(url, {
        ...{ method, agent: client.agent, headers: { ...headers, ...length }, signal },
        ...(socketPath && { socketPath }),
      });
      request.on("error", reject);
      request.on("socket", (socket) => limitConnecting(request, socket, connectTimeoutMs));
      request.on("response", (response) => readAnswer(response, maxBytes).then(resolve, reject));
      request.end(body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.agent.destroy();
  }

  /** Loaded with the first request: most commands make none. `import()` of Node's own is not for what `start.ts` runs. */
  #open(protocol: string): Client {
    const options = { keepAlive: true, timeout: IDLE_MS };
    if (protocol === "http:") {
      const { Agent, request } = process.getBuiltinModule("node:http");
      return { agent: new Agent(options), request };
    }
    const { Agent, request } = process.getBuiltinModule("node:https");
    return { agent: new Agent({ ...options, ...this.#options.tls }), request };
  }
}

/** A machine with much to do may hear late that the connection stands: what is known by then is looked at before it is given up. */
function limitConnecting(request: ClientRequest, socket: Socket, timeoutMs: number): void {
  const isTls = "encrypted" in socket;
  const isReused = !socket.connecting && !(isTls && (socket as TLSSocket).getProtocol() === null);
  if (isReused) return;
  const giveUp = () => request.destroy(connectTimeout(timeoutMs));
  let look: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    look = setImmediate(giveUp);
  }, timeoutMs);
  const stop = () => {
    clearTimeout(timer);
    clearImmediate(look);
  };
  socket.once(isTls ? "secureConnect" : "connect", stop).once("close", stop);
}

/** In the system's words, which prove that nothing was sent. */
function connectTimeout(timeoutMs: number): Error {
  const details = { code: "ETIMEDOUT", syscall: "connect" };
  return Object.assign(new Error(`no connection within ${timeoutMs / 1_000} s`), details);
}

async function readAnswer(response: IncomingMessage, maxBytes: number): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      const message = `the answer has more than ${maxBytes} bytes`;
      throw Object.assign(new Error(message), { code: "ERR_ANSWER_TOO_LONG" });
    }
    chunks.push(chunk);
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks));
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}
