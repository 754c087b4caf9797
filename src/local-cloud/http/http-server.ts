import { chmod, lstat, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type ListenOptions } from "node:net";

/** A request with its whole body. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** What goes back; `drop` closes the connection without an answer. */
export type HttpAnswer =
  | {
      readonly status: number;
      readonly body: string;
      readonly contentType: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | "drop";

export type Route = (request: HttpRequest) => Promise<HttpAnswer>;

const LARGEST_BODY_BYTES = 1024 * 1024;

/** A JSON answer. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, body: JSON.stringify(body), contentType: "application/json", headers };
}

/** A plain text answer. */
export function text(status: number, body: string): HttpAnswer {
  return { status, body, contentType: "text/plain" };
}

/**
 * Listens and hands every request to the route.
 * @param where A port on an address, or the path of a Unix socket
 * @throws when the port or the socket is taken
 */
export async function listen(where: ListenOptions, route: Route): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(request, response, route).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, resolve);
  });
  return server;
}

/**
 * Listens on a Unix socket that its owner alone may use. A socket that a killed server has left is replaced.
 * @throws when a server answers there, or when something else has the path
 */
export async function listenOnSocket(path: string, route: Route): Promise<Server> {
  const [isSocket, isAnswered] = await Promise.all([isSocketFile(path), isListenedOn(path)]);
  if (isSocket && !isAnswered) await rm(path);
  const server = await listen({ path }, route);
  await chmod(path, 0o600);
  return server;
}

async function isSocketFile(path: string): Promise<boolean> {
  const entry = await lstat(path).catch(() => undefined);
  return entry?.isSocket() ?? false;
}

function isListenedOn(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** The TCP port of a server. */
export function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Stops listening, lets the answers on their way go out, and closes idle connections. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await closed;
}

async function answer(incoming: IncomingMessage, response: ServerResponse, route: Route): Promise<void> {
  const body = await readBody(incoming);
  const request = { method: incoming.method ?? "", url: incoming.url ?? "", headers: incoming.headers, body };
  const reply = await route(request);
  if (reply === "drop") {
    incoming.socket.destroy();
    return;
  }
  response.writeHead(reply.status, {
    "content-type": reply.contentType,
    "content-length": Buffer.byteLength(reply.body),
    ...reply.headers,
  });
  response.end(reply.body);
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > LARGEST_BODY_BYTES) throw new Error(`The body is larger than ${LARGEST_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
