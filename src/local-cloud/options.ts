import { type Clock, systemClock } from "../common/clock.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import type { Keys } from "./accounts.ts";
import type { WatchedRegion } from "./console/region-look.ts";
import { Neighbours } from "./neighbours.ts";
import { defaultQuotas, type QuotaName } from "./quotas.ts";
import { type LatencyName, realisticLatency } from "./states/transitions.ts";

/**
 * How long things take: `none` (as fast as the disks are), `realistic` (seconds, as on the platform), or milliseconds
 * per action (the time to its answer) and per transition such as `volume.creating`; what is not named takes none.
 */
export type LatencyProfile = "none" | "realistic" | Readonly<Partial<Record<LatencyName, number>>>;

export interface LocalCloudOptions {
  /** Everything of this cloud lies here: objects, disks, keys, device links. Made when absent, mode 0700. */
  readonly stateFolder: string;
  /** TCP port; 0, the default, takes any free one. */
  readonly port?: number;
  /** The address to listen on; 127.0.0.1, the default, is reached from this machine alone. */
  readonly listen?: string;
  /** A Unix socket (mode 0600) that answers too, for tools such as `curl --unix-socket`. */
  readonly socketPath?: string;
  readonly latency?: LatencyProfile;
  /** What moves the states; tests give one that they hold still. */
  readonly clock?: Clock;
  readonly log?: DebugLog;
  /** Told what somebody should look at while the cloud runs; nobody is, when absent. */
  readonly onWarning?: (message: string) => void;
  /** When absent: the region of the state folder or, when that is new, `eu-west-2`. */
  readonly region?: string;
  /**
   * The regions that there are, each with an endpoint, accounts, VMs, disks and buckets of its own; the first one is
   * `region`. Those that were made once stay.
   */
  readonly regions?: readonly string[];
  /** Refuse unknown fields and filters; true when absent. Otherwise they are ignored, and some names are taken. */
  readonly strict?: boolean;
  /** Refuse an access key for a minute (and longer) after four bad signatures in a row; false when absent. */
  readonly lockOut?: boolean;
  /** `loop`: real block devices, needs root. `memory`: contents are remembered, nothing can be mounted; for tests. */
  readonly blocks?: "loop" | "memory";
  /** The keys of the builder's account, instead of random ones. They replace those that the state folder has. */
  readonly keys?: Keys;
  /** How many VMs of the builder's account there are, at least; 1 when absent. */
  readonly vms?: number;
  /** A folder with images, volumes and keys that a new cloud begins with, see docs/local-cloud.md. */
  readonly seed?: string;
  /** Called when somebody asks the server to stop; absent, it refuses: it ends with what it was started for. */
  readonly onStop?: () => void;
  /** Limits of each account, by quota name; 0 means none. */
  readonly quotas?: Readonly<Partial<Record<QuotaName, number>>>;
}

/** The options with every default filled in. */
export interface Settings {
  readonly stateFolder: string;
  readonly latency: Readonly<Partial<Record<LatencyName, number>>>;
  readonly clock: Clock;
  readonly log: DebugLog;
  readonly warn: (message: string) => void;
  readonly region: string;
  readonly strict: boolean;
  readonly lockOut: boolean;
  readonly blocks: "loop" | "memory";
  readonly keys: Keys | undefined;
  readonly vms: number;
  readonly seed: string | undefined;
  /** Which region of the seed it is; the first one when absent. */
  readonly seedRegion: string | undefined;
  /** The regions of the server, this one among them. */
  readonly neighbours: Neighbours;
  readonly quotas: Readonly<Record<QuotaName, number>>;
}

/** Settings before the state folder was looked at: it knows the region, once it has been used. */
export type AskedSettings = Omit<Settings, "region"> & { readonly region: string | undefined };

export const DEFAULT_REGION = "eu-west-2";

/** What only the server says, of the region that it opens. */
export interface RegionOptions {
  readonly seedRegion?: string | undefined;
  readonly neighbours?: Neighbours;
  /** Opens what is there as long as the server, once every region is ready, before anybody can find them. */
  readonly openBeside?: (regions: readonly WatchedRegion[]) => Promise<AsyncDisposable>;
}

export function settingsOf(
  options: Omit<LocalCloudOptions, "port" | "listen" | "socketPath" | "onStop" | "regions"> & RegionOptions,
): AskedSettings {
  return {
    stateFolder: options.stateFolder,
    latency: latencyOf(options.latency ?? "none"),
    clock: options.clock ?? systemClock,
    log: options.log ?? noLog,
    warn: options.onWarning ?? (() => undefined),
    region: options.region,
    strict: options.strict ?? true,
    lockOut: options.lockOut ?? false,
    blocks: options.blocks ?? "loop",
    keys: options.keys,
    vms: options.vms ?? 1,
    seed: options.seed,
    seedRegion: options.seedRegion,
    neighbours: options.neighbours ?? new Neighbours(),
    quotas: { ...defaultQuotas, ...options.quotas },
  };
}

function latencyOf(profile: LatencyProfile): Readonly<Partial<Record<LatencyName, number>>> {
  if (profile === "none") return {};
  return profile === "realistic" ? realisticLatency : profile;
}
