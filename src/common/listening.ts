import { lstat, rm } from "node:fs/promises";
import { type AddressInfo, connect, type Server } from "node:net";

/** The TCP port of a server that listens. */
export function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Removes a Unix socket that a killed server has left. One that a server answers on stays, and so does any other file. */
export async function removeDeadSocket(path: string): Promise<void> {
  const [isSocket, isAnswered] = await Promise.all([isSocketFile(path), isListenedOn(path)]);
  if (isSocket && !isAnswered) await rm(path);
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
