import { startWeb } from "../../web/start-web.ts";
import { CloudServer } from "../cloud-server.ts";
import type { LocalCloudOptions } from "../options.ts";
import type { LocalCloud } from "../start-local-cloud.ts";
import { addConsoleRoutes } from "./console-routes.ts";
import { statusOf } from "./status-of.ts";

interface ConsoleWishes {
  /** Told the address of the console, which has its token, before anybody can find the cloud. */
  readonly onAddress: (url: string) => void;
  /** Told what went wrong in it. */
  readonly onFailure: (message: string) => void;
}

/** Starts a cloud with pages that show what is in it: on a port of their own, as buckets may have pages of strangers on theirs. */
export async function startCloudWithConsole(
  options: LocalCloudOptions,
  { onAddress, onFailure }: ConsoleWishes,
): Promise<LocalCloud> {
  return CloudServer.start({
    ...options,
    openBeside: async (regions) => {
      const server = await startWeb({
        ...{ listenOn: { host: "127.0.0.1", port: 0 }, tls: undefined, authHeader: undefined, names: [] },
        routes: (app, streams) => addConsoleRoutes(app, streams, regions),
        onFailure,
        statusOf,
      });
      onAddress(server.url ?? "");
      return server;
    },
  });
}
