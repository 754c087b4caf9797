import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { TLSSocket } from "node:tls";

/** Another address of a server of this machine: everything is passed on as it comes, so that signatures stay good. */
export interface ForwardingDoor extends AsyncDisposable {
  readonly url: string;
  /** The paths that were asked for. */
  readonly paths: readonly string[];
  /** The common names of the client certificates that were shown. */
  readonly clients: ReadonlySet<string>;
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

/** @param tls The certificate of a door with TLS; it asks for a client's, and takes any */
export async function openDoor(target: string, tls?: PemFiles): Promise<ForwardingDoor> {
  const paths: string[] = [];
  const clients = new Set<string>();
  const answer = (incoming: IncomingMessage, response: ServerResponse) => {
    paths.push(incoming.url ?? "");
    if (incoming.socket instanceof TLSSocket) noteClient(incoming.socket, clients);
    const { method, headers } = incoming;
    const onward = request(new URL(incoming.url ?? "/", target), { method, headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    onward.on("error", () => response.destroy());
    incoming.pipe(onward);
  };
  const asks = { requestCert: true, rejectUnauthorized: false };
  const server = tls
    ? createHttpsServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key), ...asks }, answer)
    : createHttpServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { url: `http${tls ? "s" : ""}://127.0.0.1:${port}`, paths, clients, [Symbol.asyncDispose]: close };
}

function noteClient(socket: TLSSocket, clients: Set<string>): void {
  const name = socket.getPeerCertificate().subject?.CN;
  if (typeof name === "string") clients.add(name);
}
