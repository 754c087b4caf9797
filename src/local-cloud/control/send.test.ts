import { once } from "node:events";
import type { RequestListener, ServerResponse } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from "undici";
import { describe, expect, it } from "vitest";
import { startServer } from "../../../tests/support/outscale/start-server.ts";
import { LocalCloudError } from "../local-cloud-error.ts";
import { send } from "./send.ts";

const status = { operation: "status", given: {} };
const serverAt = (port: number) => ({ url: `http://127.0.0.1:${port}`, token: "t", pid: process.pid });

async function answered(answer: RequestListener): Promise<unknown> {
  await using server = await startServer(answer);
  return await send(serverAt(server.port), status);
}

/** What comes of a connection that ends as a test says, once something was asked on it. */
async function answeredRaw(answer: (socket: Socket) => void): Promise<unknown> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => answer(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await send(serverAt((server.address() as AddressInfo).port), status);
  } finally {
    server.close();
  }
}

describe("send()", () => {
  it("gives the result of an operation", async () => {
    expect(await answered((_request, response) => response.end('{"result":{"a":1}}'))).toEqual({ a: 1 });
  });

  it("throws what the operation is refused with", async () => {
    const refused = answered((_request, response) => response.writeHead(400).end('{"error":"no","hint":"do"}'));
    await expect(refused).rejects.toMatchObject({ message: "no", hint: "do" });
  });

  it("waits for as long as the server works on it, and keeps to no limit of fetch()", async () => {
    const before = getGlobalDispatcher();
    const limited = new Agent({ headersTimeout: 1, bodyTimeout: 1 });
    setGlobalDispatcher(limited);
    let tookOn: (response: ServerResponse) => void = () => undefined;
    const working = new Promise<ServerResponse>((resolve) => {
      tookOn = resolve;
    });
    await using server = await startServer((request, response) => {
      if (request.method === "POST") tookOn(response);
    });
    try {
      const sent = send(serverAt(server.port), status);
      const response = await working;
      // Who asks after us is given up by the limit, and so would we have been.
      const other = await fetch(serverAt(server.port).url).catch((error: Error) => error.cause);
      expect(other).toMatchObject({ code: "UND_ERR_HEADERS_TIMEOUT" });
      response.end('{"result":"done"}');
      expect(await sent).toBe("done");
    } finally {
      setGlobalDispatcher(before);
      await limited.close();
    }
  });

  it("is undefined when the server has gone, before it or in the middle", async () => {
    const server = await startServer(() => undefined);
    await server[Symbol.asyncDispose]();
    expect(await send(serverAt(server.port), status)).toBeUndefined();
    expect(await answeredRaw((socket) => socket.end())).toBeUndefined();
    expect(await answeredRaw((socket) => socket.resetAndDestroy())).toBeUndefined();
    const head = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n";
    expect(await answeredRaw((socket) => socket.end(`${head}{`))).toBeUndefined();
  });

  it.each([403, 503])("is undefined when the server is not ours to ask now: %s", async (code) => {
    expect(await answered((_request, response) => response.writeHead(code).end("{}"))).toBeUndefined();
  });

  it.each(["no HTTP\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno"])(
    "is an error when something else answers: %j",
    async (said) => {
      const failed = answeredRaw((socket) => socket.end(said));
      await expect(failed).rejects.toThrow(LocalCloudError);
      await expect(failed).rejects.toThrow(/^The local cloud at "http:.*" cannot be asked for status: /);
    },
  );

  it("ends when the signal fires", async () => {
    const wish = new AbortController();
    await using server = await startServer(() => wish.abort());
    expect(await send(serverAt(server.port), { ...status, signal: wish.signal })).toBeUndefined();
  });
});
