import type { IncomingMessage, ServerResponse } from "node:http";

const TICK_MS = 10_000;
/** Some more than a minute without a byte. */
const MOST_IDLE_TICKS = 7;

/**
 * Cuts a client that has stopped sending its request, or taking its answer: what never comes holds a connection. As long as
 * we work on what it has sent, it waits for us. The socket's own time is left alone: Node.js ends idle connections by it.
 */
export function watchClient(incoming: IncomingMessage, response: ServerResponse): void {
  const { socket } = incoming;
  let bytesBefore = -1;
  let idleTicks = 0;
  const watch = setInterval(() => {
    const bytes = socket.bytesRead + socket.bytesWritten - socket.writableLength;
    idleTicks = bytes === bytesBefore && isClientsTurn(incoming, response) ? idleTicks + 1 : 0;
    bytesBefore = bytes;
    if (idleTicks >= MOST_IDLE_TICKS) socket.destroy();
  }, TICK_MS);
  watch.unref();
  response.once("close", () => clearInterval(watch));
}

function isClientsTurn(incoming: IncomingMessage, response: ServerResponse): boolean {
  // An answer without a socket waits for the one before it on the same connection.
  if (response.socket !== null && response.writableLength > 0) return true;
  return !incoming.complete && incoming.readableLength === 0;
}
