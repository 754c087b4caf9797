import { join } from "node:path";
import { parseAddress } from "../../../src/fleet/queue/address.ts";
import { startFleetWeb } from "../../../src/fleet/web/start-fleet-web.ts";
import type { OwnQueue } from "./own-queue.ts";

/** The pages of a queue, with a visitor who has been let in. */
export interface OwnWeb extends AsyncDisposable {
  readonly base: URL;
  readonly cookie: string;
}

export async function openOwnWeb({ folder, keys }: OwnQueue): Promise<OwnWeb> {
  const server = await startFleetWeb({
    address: parseAddress(`unix:${join(folder, "redis.sock")}`, {}),
    ...{ keys, tell: () => undefined },
    ...{ listenOn: { host: "127.0.0.1", port: 0 }, tls: undefined, authHeader: undefined, names: [] },
  });
  const base = new URL(server.url ?? "");
  const entrance = await fetch(base, { redirect: "manual" });
  const cookie = entrance.headers.get("set-cookie")?.split(";")[0] ?? "";
  return { base, cookie, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
