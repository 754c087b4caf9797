import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConnectionLostError } from "./protocol-error.ts";

/** The longest path of a Unix socket: bytes, without the zero at its end. @see unix(7) */
const LONGEST_SOCKET_PATH = 107;
/** Packer dials as soon as it has read the handshake. */
const PATIENCE_MS = 60_000;

/** A socket that waits for one connection. */
export interface Door {
  readonly path: string;
  /** @throws {ConnectionLostError} when nobody comes */
  connection(): Promise<Socket>;
}

/** Listens on a Unix socket in a new folder that nobody else can enter; both are gone once somebody has come. */
export async function openDoor(): Promise<Door> {
  const folder = await privateFolder();
  const path = join(folder, "socket");
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  await chmod(path, 0o600);
  return { path, connection: () => waitForOne(server, folder) };
}

/** Below `TMPDIR`, unless that is too long for a socket's path. */
async function privateFolder(): Promise<string> {
  const [prefix, placeholder] = ["packer-plugin-", "XXXXXX/socket"];
  const wanted = join(tmpdir(), prefix);
  const fits = Buffer.byteLength(wanted + placeholder) <= LONGEST_SOCKET_PATH;
  return mkdtemp(fits ? wanted : join("/tmp", prefix));
}

async function waitForOne(server: Server, folder: string): Promise<Socket> {
  try {
    return await new Promise<Socket>((resolve, reject) => {
      const giveUp = () => reject(new ConnectionLostError("Packer has not connected"));
      const timer = setTimeout(giveUp, PATIENCE_MS);
      server.once("connection", (socket) => {
        clearTimeout(timer);
        resolve(socket);
      });
    });
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}
