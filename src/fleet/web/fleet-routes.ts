import type { WebApp } from "../../web/check-request.ts";
import type { LiveStreams } from "../../web/live-stream.ts";
import { addActionRoutes } from "./action-routes.ts";
import { addBuildRoutes } from "./build-routes.ts";
import type { FleetPages } from "./fleet-pages.ts";
import { addListRoutes } from "./list-routes.ts";

/** The pages of the fleet, and what can be done from them. */
export function addFleetRoutes(app: WebApp, streams: LiveStreams, input: FleetPages): void {
  addListRoutes(app, streams, input);
  addBuildRoutes(app, streams, input);
  addActionRoutes(app, input);
}
