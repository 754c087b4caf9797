import { chmod } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { ListenOptions } from "node:net";
import { systemClock } from "../../common/clock.ts";
import { removeDeadSocket } from "../../common/listening.ts";
import { BodyReader, BodyTooLarge } from "./read-body.ts";
import { watchClient } from "./watch-client.ts";

/** A request with its whole body. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  /** Whether it comes from this machine: over the loopback, or a Unix socket. */
  readonly isLocal: boolean;
}

/** What goes back; `drop` closes the connection without an answer. */
export type HttpAnswer = WholeAnswer | "drop";

export interface WholeAnswer {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Route = (request: HttpRequest) => Promise<HttpAnswer>;

/** Answers a request while its body is still to come. */
export type StreamedRoute = (incoming: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface Routes {
  readonly route: Route;
  /** The route of a request whose body may be larger than our memory; undefined for every other. */
  readonly streamed?: (url: string) => StreamedRoute | undefined;
}

/** How long a client may take to send a request that is read as a whole: what never comes holds a connection. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Long enough that a client on a busy machine does not send into a connection that closes. */
const KEEP_ALIVE_MS = 60_000;
const MOST_CONNECTIONS = 1_000;

/** How long the last answers may take to go out when a server closes. */
const LAST_ANSWERS_MS = 1_000;
const POLL_MS = 10;

/** A server with what it is working on. */
export interface HttpServer {
  readonly server: Server;
  readonly routed: ReadonlySet<Promise<HttpAnswer>>;
}

/** A JSON answer. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): WholeAnswer {
  return { status, body: JSON.stringify(body), contentType: "application/json", headers };
}

/** A plain text answer. */
export function text(status: number, body: string): WholeAnswer {
  return { status, body, contentType: "text/plain" };
}

/**
 * Listens and hands every request to the route. Whatever comes in, and whatever fails, ends in an answer or in a closed
 * connection, and never ends the process.
 * @param where A port on an address, or the path of a Unix socket
 * @param onFailure Told what could not be answered
 * @throws when the port or the socket is taken
 */
export async function listen(
  where: ListenOptions,
  routes: Route | Routes,
  onFailure: (error: unknown) => void = () => undefined,
): Promise<HttpServer> {
  const { route, streamed } = typeof routes === "function" ? { route: routes, streamed: undefined } : routes;
  const bodies = new BodyReader();
  const routed = new Set<Promise<HttpAnswer>>();
  const tracked: Route = (request) => {
    const answering = route(request);
    routed.add(answering);
    return answering.finally(() => routed.delete(answering));
  };
  const server = createServer(
    // The body's time is ours to watch: a large object may take longer.
    { requestTimeout: 0, headersTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS },
    (request, response) => {
      // Whoever goes away in the middle is nobody's failure.
      request.on("error", () => undefined);
      response.on("error", () => undefined);
      watchClient(request, response);
      const stream = streamed?.(request.url ?? "");
      const answering = stream ? stream(request, response) : answer(request, response, { bodies, route: tracked });
      void answering.catch((error: unknown) => {
        onFailure(error);
        if (response.headersSent) response.destroy();
        else send(response, text(500, "Internal Server Error"));
      });
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, resolve);
  });
  // Such as no file descriptor for a new connection: the others go on.
  server.on("error", onFailure);
  return { server, routed };
}

/**
 * Listens on a Unix socket that its owner alone may use. A socket that a killed server has left is replaced.
 * @throws when a server answers there, or when something else has the path
 */
export async function listenOnSocket(
  path: string,
  routes: Route | Routes,
  onFailure?: (error: unknown) => void,
): Promise<HttpServer> {
  await removeDeadSocket(path);
  const server = await listen({ path }, routes, onFailure);
  await chmod(path, 0o600);
  return server;
}

/** Stops listening, lets the answers on their way go out, and cuts every other connection, also one that is half said. */
export async function closeServer({ server, routed }: HttpServer): Promise<void> {
  let isClosed = false;
  const closed = new Promise<void>((resolve) => server.close(() => resolve())).then(() => {
    isClosed = true;
  });
  await Promise.allSettled(routed);
  for (let waitedMs = 0; !isClosed && waitedMs < LAST_ANSWERS_MS; waitedMs += POLL_MS) {
    server.closeIdleConnections();
    await systemClock.sleep(POLL_MS);
  }
  server.closeAllConnections();
  await closed;
}

interface AnswerInput {
  readonly bodies: BodyReader;
  readonly route: Route;
}

async function answer(incoming: IncomingMessage, response: ServerResponse, input: AnswerInput): Promise<void> {
  const isLate = setTimeout(() => incoming.destroy(), REQUEST_TIMEOUT_MS);
  const reading = input.bodies.read(incoming).finally(() => clearTimeout(isLate));
  const body = await reading.catch((error: unknown) => {
    if (!(error instanceof BodyTooLarge)) return void response.destroy(); // The client has gone away.
    send(response, { ...text(error.status, error.message), headers: { connection: "close" } });
  });
  if (body === undefined) return;
  const { method = "", url = "", headers, socket } = incoming;
  const reply = await input.route({ method, url, headers, body, isLocal: isLoopback(socket.remoteAddress) });
  if (reply === "drop") response.destroy();
  else send(response, reply);
}

/** A Unix socket has no address. */
function isLoopback(address: string | undefined): boolean {
  return address === undefined || address === "::1" || /^(?:::ffff:)?127\./.test(address);
}

function send(response: ServerResponse, { status, body, contentType, headers }: WholeAnswer): void {
  response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(body), ...headers });
  response.end(body);
}
