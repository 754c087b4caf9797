import { EventEmitter, once } from "node:events";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { portOf } from "../../common/listening.ts";
import { closeServer, type HttpServer, json, listen, type StreamedRoute } from "./http-server.ts";

describe("listen()", () => {
  let http: HttpServer;
  const sockets: Socket[] = [];
  const moments = new EventEmitter();

  beforeEach(() => {
    // Those that Node.js has for a socket are not among them.
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    for (const socket of sockets.splice(0)) socket.destroy();
    await closeServer(http);
  });

  async function start(streamed: StreamedRoute): Promise<void> {
    http = await listen({ port: 0 }, { route: async () => json(200, {}), streamed: () => streamed });
  }

  async function send(said: string): Promise<Socket> {
    const socket = connect(portOf(http.server), "127.0.0.1");
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.write(said);
    return socket;
  }

  /** An hour, in which whatever is ready can happen. */
  async function anHour(): Promise<void> {
    for (let minute = 0; minute < 60; minute++) {
      vi.advanceTimersByTime(60_000);
      await setImmediate();
    }
  }

  /** Lets time pass until then. */
  async function untilClosed(socket: Socket): Promise<void> {
    const isClosed = () => {
      vi.advanceTimersByTime(10_000);
      return socket.closed;
    };
    await expect.poll(isClosed, { interval: 1 }).toBe(true);
  }

  it("waits for as long as the server works on a request", async () => {
    const [begun, worked] = [once(moments, "begun"), once(moments, "worked")];
    await start(async (incoming, response) => {
      await text(incoming);
      // By that Node.js would end it.
      expect(incoming.socket.timeout ?? 0).toBe(0);
      moments.emit("begun");
      await worked;
      response.end("done");
    });
    const client = await send("PUT /copy HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab");
    await begun;
    await anHour();
    moments.emit("worked");
    expect(await text(client)).toContain("done");
  });

  it("waits for as long as the server has not read what was sent", async () => {
    const [begun, worked] = [once(moments, "begun"), once(moments, "worked")];
    await start(async (incoming, response) => {
      if (incoming.readableLength === 0) await once(incoming, "readable");
      moments.emit("begun");
      await worked;
      response.end(await text(incoming));
    });
    const client = await send("PUT /object HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab");
    await begun;
    await anHour();
    client.write("cd");
    moments.emit("worked");
    expect(await text(client)).toContain("abcd");
  });

  it("cuts a request that stops half-way", async () => {
    const failed = once(moments, "failed");
    await start(async (incoming) => {
      await text(incoming).catch((error) => moments.emit("failed", error));
    });
    const client = await send("PUT /object HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
    await untilClosed(client);
    expect(await failed).toEqual([expect.any(Error)]);
  });

  it.each<[string, StreamedRoute | undefined]>([
    ["the content of an object", async (_incoming, response) => void response.end(Buffer.alloc(64 * 1024 ** 2))],
    ["any other answer", undefined],
  ])("cuts a client that does not take %s", async (_what, streamed) => {
    const large = { ...json(200, ""), body: "x".repeat(64 * 1024 ** 2) };
    http = await listen({ port: 0 }, { route: async () => large, streamed: () => streamed });
    const served = once(http.server, "connection");
    await send("GET /object HTTP/1.1\r\nHost: a\r\n\r\n");
    const [theirs] = await served;
    await untilClosed(theirs);
  });

  it("ends a connection that is idle after an object was fetched", async () => {
    await start(async (_incoming, response) => void response.end("content"));
    const served = once(http.server, "connection");
    const agent = new Agent({ keepAlive: true });
    const asked = request({ agent, port: portOf(http.server), path: "/object" }).end();
    const [response] = await once(asked, "response");
    expect(await text(response)).toBe("content");
    const [socket] = await served;
    await expect.poll(() => socket.timeout).toBeGreaterThan(0);
    agent.destroy();
  });
});
