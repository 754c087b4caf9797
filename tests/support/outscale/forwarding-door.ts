import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { createServer as createHttpsServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { TLSSocket } from "node:tls";

/** Another address of a server of this machine: everything is passed on as it comes, so that signatures stay good. */
export interface ForwardingDoor extends AsyncDisposable {
  readonly url: string;
  /** The paths that were asked for. */
  readonly paths: readonly string[];
  /** The common names of the client certificates that were shown. */
  readonly clients: ReadonlySet<string>;
  /** Resolves when everything that has come was answered. */
  idle(): Promise<void>;
}

/** A certificate that signs itself, with its key, in two files. */
export interface PemFiles {
  readonly cert: string;
  readonly key: string;
}

export function makeCertificate(folder: string, commonName: string): PemFiles {
  const files = { cert: join(folder, `${commonName}.crt`), key: join(folder, `${commonName}.key`) };
  const kind = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  const args = [...kind, "-subj", `/CN=${commonName}`, "-keyout", files.key, "-out", files.cert];
  execFileSync("openssl", args, { stdio: "ignore" });
  return files;
}

export interface DoorOptions {
  /** The certificate of a door with TLS; it asks for a client's. */
  readonly tls?: PemFiles;
  /** The file of the only client's certificate that is let in; any is when absent, and none. */
  readonly onlyClient?: string;
  /** A request that has come goes on when this is done. */
  readonly hold?: (request: { readonly method: string; readonly path: string }) => Promise<void>;
}

export async function openDoor(target: string, { tls, onlyClient, hold }: DoorOptions = {}): Promise<ForwardingDoor> {
  const paths: string[] = [];
  const clients = new Set<string>();
  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    const { method = "", url: path = "/", headers } = incoming;
    paths.push(path);
    if (incoming.socket instanceof TLSSocket) noteClient(incoming.socket, clients);
    response.on("error", () => undefined);
    const body = await buffer(incoming);
    await hold?.({ method, path });
    // What has come goes on, also if whoever has sent it has gone away meanwhile.
    const onward = request(new URL(path, target), { method, headers });
    onward.end(body);
    const [reply] = (await once(onward, "response")) as [IncomingMessage];
    response.writeHead(reply.statusCode ?? 502, reply.headers);
    await pipeline(reply, response);
  };
  const under = new Set<Promise<unknown>>();
  const onRequest = (incoming: IncomingMessage, response: ServerResponse) => {
    const answering: Promise<unknown> = answer(incoming, response)
      .catch(() => response.destroy())
      .finally(() => under.delete(answering));
    under.add(answering);
  };
  const server = tls ? createHttpsServer(tlsOf(tls, onlyClient), onRequest) : createHttpServer(onRequest);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    ...{ url: `http${tls ? "s" : ""}://127.0.0.1:${port}`, paths, clients },
    idle: async () => void (await Promise.all(under)),
    [Symbol.asyncDispose]: close,
  };
}

function tlsOf({ cert, key }: PemFiles, onlyClient: string | undefined): ServerOptions {
  const asks = { requestCert: true, rejectUnauthorized: onlyClient !== undefined };
  return {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ...asks,
    ...(onlyClient && { ca: readFileSync(onlyClient) }),
  };
}

function noteClient(socket: TLSSocket, clients: Set<string>): void {
  const name = socket.getPeerCertificate().subject?.CN;
  if (typeof name === "string") clients.add(name);
}
