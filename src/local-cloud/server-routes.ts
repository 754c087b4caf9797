import { answerBuckets } from "./buckets/bucket-route.ts";
import { CONTROL_PREFIX } from "./control/running-server.ts";
import type { ServerControl } from "./control/server-operations.ts";
import { actionOf, answerApi } from "./http/api-route.ts";
import { answerControl } from "./http/control-route.ts";
import { answerHealth, HEALTH_PATH } from "./http/health-route.ts";
import { type HttpAnswer, type HttpRequest, json, type Routes, type StreamedRoute, text } from "./http/http-server.ts";
import type { LockOut } from "./http/lock-out.ts";
import { answerMetadata, metadataPathOf } from "./http/metadata-route.ts";
import type { RequestLog } from "./http/request-log.ts";
import type { OpenCloud } from "./open-cloud.ts";

/** A server, by whose state it is answered. */
interface Served {
  /** Undefined while it starts, or is emptied. */
  readonly open: () => OpenCloud | undefined;
  readonly lockOut: () => LockOut | undefined;
  readonly requests: RequestLog;
  readonly server: ServerControl;
  /** Who has it may control the server. */
  readonly token: string;
}

/** Who answers what: the API, the metadata service, the server's own paths, and the buckets for all else. */
export function routesOf(served: Served): Routes {
  const toBuckets: StreamedRoute = async (incoming, response) => {
    const cloud = served.open();
    if (cloud) await answerBuckets({ cloud, requests: served.requests }, incoming, response);
    else response.writeHead(503, { "retry-after": "1", connection: "close" }).end();
  };
  return {
    route: (request) => answer(served, request),
    streamed: (url) => (isOfBuckets(url) ? toBuckets : undefined),
  };
}

async function answer({ open, lockOut, requests, server, token }: Served, request: HttpRequest): Promise<HttpAnswer> {
  const cloud = open();
  const locked = lockOut();
  if (request.url === HEALTH_PATH) return answerHealth(request, cloud, requests);
  if (!cloud || !locked) return json(503, { error: "The local cloud is not ready" }, { "retry-after": "1" });
  const action = actionOf(request.url);
  if (action !== undefined) return answerApi({ cloud, lockOut: locked, requests }, action, request);
  const metadata = metadataPathOf(request.url);
  if (metadata) return answerMetadata(cloud, metadata, request);
  if (request.url.startsWith(CONTROL_PREFIX)) return answerControl({ cloud, server, token }, request);
  return text(404, "Not Found");
}

/** Whatever is none of the server's own paths: the buckets are at its root, where S3's clients look for them. */
function isOfBuckets(url: string): boolean {
  if (url === HEALTH_PATH || url.startsWith(CONTROL_PREFIX)) return false;
  return actionOf(url) === undefined && metadataPathOf(url) === undefined && !/^\/+(?:api|latest|vms)\//.test(url);
}
