import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";

export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** What the server does with one request: answers, drops the connection, or says nothing. */
export type Reply =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | "drop"
  | "silence";

/** A server on this machine that gives the replies of a script, in order, and keeps what it was sent. */
export class ScriptedServer implements AsyncDisposable {
  readonly requests: SentRequest[] = [];
  readonly #replies: Reply[];
  readonly #server: Server;
  #onRequest: () => void = () => undefined;

  private constructor(replies: readonly Reply[], tls: ServerOptions | undefined) {
    this.#replies = [...replies];
    this.#server = tls ? createTlsServer(tls) : createServer();
    this.#server.on("request", async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      const { method = "", url = "", headers } = request;
      this.requests.push({ method, url, headers, text });
      const reply = this.#replies.shift() ?? { status: 500, body: "the script is at its end" };
      this.#onRequest();
      if (reply === "drop") request.socket.destroy();
      if (typeof reply === "string") return;
      response.sendDate = false; // only a scripted date: clients read it
      response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers });
      response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body ?? {}));
    });
  }

  static async start(
    replies: readonly Reply[],
    { socketPath, tls }: { socketPath?: string; tls?: ServerOptions } = {},
  ): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(replies, tls);
    if (socketPath) scripted.#server.listen(socketPath);
    else scripted.#server.listen(0, "127.0.0.1");
    await once(scripted.#server, "listening");
    return scripted;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves as soon as the next request is there, before it is answered. */
  nextRequest(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRequest = resolve;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** The API's form of an error. */
export function errorReply(status: number, Code: string, Type: string, headers: Record<string, string> = {}): Reply {
  const ResponseContext = { RequestId: "0475ca1e-d0c5-441d-712a-da55a4175157" };
  return { status, headers, body: { Errors: [{ Code, Type, Details: "" }], ResponseContext } };
}
