import type { SharedLook } from "../../web/shared-look.ts";
import type { FleetWatch } from "../watch/fleet-watch.ts";
import type { WatchedSchedule } from "../watch/watched-schedules.ts";
import type { FleetLook } from "./fleet-look.ts";
import type { LiveBuilds } from "./live-builds.ts";

/** What the pages of a fleet are made of. */
export interface FleetPages {
  readonly fleet: FleetWatch;
  readonly look: SharedLook<FleetLook>;
  readonly schedules: SharedLook<readonly WatchedSchedule[]>;
  readonly builds: LiveBuilds;
  /** Told what somebody has done. */
  readonly tell: (message: string) => void;
}

/** The path of one build. */
export const BUILD = "/builds/:id{[0-9a-f]{1,40}}";
