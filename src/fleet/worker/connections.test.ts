import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../queue/address.ts";
import { connectTwice } from "./connections.ts";

/** A server that takes so many connections, and answers what a Redis answers to one that begins. */
async function startServer(most: number) {
  const folder = await mkdtemp(join(tmpdir(), "connections-"));
  const socket = join(folder, "redis.sock");
  let count = 0;
  const taken: Promise<void>[] = [];
  const server = createServer((each: Socket) => {
    each.on("error", () => undefined);
    if (++count > most) return void each.destroy();
    taken.push(new Promise((resolve) => each.on("close", () => resolve())));
    each.on("data", (data) => {
      // One answer for each command: each is an array, which begins with an asterisk.
      for (const _command of data.toString().match(/\*\d+\r\n/g) ?? []) each.write("+PONG\r\n");
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    ...{ address: parseAddress(`unix:${socket}`, {}), taken },
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

describe("connectTwice()", () => {
  it("makes two connections, and ends both", async () => {
    await using server = await startServer(2);
    const connections = await connectTwice(server.address, () => undefined);
    expect(server.taken).toHaveLength(2);
    connections[Symbol.dispose]();
    await Promise.all(server.taken);
  });

  it("leaves no connection when the second cannot be made", async () => {
    await using server = await startServer(1);
    await expect(connectTwice(server.address, () => undefined)).rejects.toMatchObject({ code: "E_FLEET" });
    expect(server.taken).toHaveLength(1);
    await Promise.all(server.taken);
  });
});
