import { systemClock } from "../../common/clock.ts";
import { checkDoor, type Door } from "../../web/door.ts";
import { SharedLook } from "../../web/shared-look.ts";
import { startWeb, type WebInput, type WebServer } from "../../web/start-web.ts";
import type { RedisAddress } from "../queue/address.ts";
import { UnreachableError } from "../queue/reach.ts";
import type { FleetKeys } from "../seal/fleet-key.ts";
import { FleetWatch } from "../watch/fleet-watch.ts";
import { lookAtFleet } from "./fleet-look.ts";
import { addFleetRoutes } from "./fleet-routes.ts";
import { LiveBuilds } from "./live-builds.ts";
import { statusOf } from "./status-of.ts";

export interface FleetWebInput extends Door {
  readonly address: RedisAddress;
  readonly keys: FleetKeys;
  /** Told what somebody has done, and what went wrong. */
  readonly tell: (message: string) => void;
}

const LOOK_MS = 1_000;

/**
 * Serves the pages of a fleet until it is disposed of.
 * @throws {UsageError | FleetError} when it cannot listen, or cannot reach the queue
 */
export async function startFleetWeb({ address, keys, tell, ...web }: FleetWebInput): Promise<WebServer> {
  checkDoor(web);
  const fleet = await FleetWatch.open(address, keys, tell);
  const builds = new LiveBuilds(tell);
  const options = { everyMs: LOOK_MS, clock: systemClock, isPassing };
  const look = new SharedLook(() => fleet.reach.ask(() => lookAtFleet(fleet)), options);
  const schedules = new SharedLook(() => fleet.reach.ask(() => fleet.schedules()), options);
  const closeFleet = async () => {
    builds[Symbol.dispose]();
    await fleet[Symbol.asyncDispose]();
  };
  try {
    // So that there is something to show when the queue is lost before anybody has looked.
    await Promise.all([look.now(), schedules.now()]);
    const parts = { fleet, look, schedules, builds, tell };
    const routes: WebInput["routes"] = (app, streams) => addFleetRoutes(app, streams, parts);
    const server = await startWeb({ ...web, routes, onFailure: tell, statusOf });
    return {
      url: server.url,
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]();
        await closeFleet();
      },
    };
  } catch (error) {
    await closeFleet();
    throw error;
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof UnreachableError;
}
