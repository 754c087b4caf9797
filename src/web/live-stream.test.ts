import { createServer, request } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { expect, it } from "vitest";
import { portOf } from "../common/listening.ts";
import type { WebEnv } from "./check-request.ts";
import { LiveStreams } from "./live-stream.ts";

it("LiveStreams leaves a reader that takes nothing any more, and gathers nothing for it", async () => {
  const streams = new LiveStreams(new AbortController().signal, () => undefined, 200);
  let given = 0;
  let left: () => void = () => undefined;
  const isLeft = new Promise<void>((resolve) => {
    left = resolve;
  });
  const app = new Hono<WebEnv>().get("/", (context) =>
    streams.open(context, async function* (_after, signal) {
      signal.addEventListener("abort", left);
      for (; !signal.aborted; given++) yield [{ type: "part", id: "x", body: `${given} ${"x".repeat(1024 * 1024)}` }];
    }),
  );
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const outgoing = request({ host: "127.0.0.1", port: portOf(server) }, (response) => response.pause());
  outgoing.on("error", () => undefined).end();
  await isLeft;
  // What the kernel and Node.js hold of it, and not more.
  expect(given).toBeLessThan(64);
  await new Promise<void>((resolve) => server.close(() => resolve()));
});
