import { randomBytes } from "node:crypto";
import type { Accounts } from "./accounts.ts";
import type { Blobs } from "./buckets/blobs.ts";
import type { Disks } from "./disks/disks.ts";
import type { FaultInjector } from "./faults.ts";
import type { Store } from "./folder/store.ts";
import type { Lingering } from "./lingering.ts";
import type { Settings } from "./options.ts";
import type { Lifecycle } from "./states/lifecycle.ts";
import type { Unseen } from "./unseen.ts";

/** What a call and the work behind it stand on. */
export interface Cloud {
  readonly settings: Settings;
  readonly store: Store;
  readonly disks: Disks;
  /** What is in the buckets. */
  readonly blobs: Blobs;
  readonly accounts: Accounts;
  readonly faults: FaultInjector;
  readonly lifecycle: Lifecycle;
  readonly unseen: Unseen;
  readonly lingering: Lingering;
}

export type IdPrefix = "ami" | "vol" | "snap" | "i" | "r" | "vol-update" | "image-export" | "snap-export";

/** A new identifier in the API's form: `vol-` and eight hex digits. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}-${randomBytes(4).toString("hex")}`;
}

/** The time in the API's form: `2010-10-01T12:34:56.789Z`. */
export function timestamp(cloud: Pick<Cloud, "settings">): string {
  return new Date(cloud.settings.clock.now()).toISOString();
}

/** The public regions with the physical zones behind their subregions `a`, `b`, ... @see OUTSCALE, "About Regions" */
const REGIONS: Readonly<Record<string, readonly string[]>> = {
  "eu-west-2": ["PAR1", "PAR4", "PAR7"],
  "us-east-2": ["NJ1", "NJ2"],
  "us-west-1": ["SV1", "SV2"],
  "cloudgouv-eu-west-1": ["SEC1", "SEC2", "SEC3"],
  "ap-northeast-1": ["JPN1", "JPN2"],
};

/** What ReadRegions answers from `eu-west-2`; a region that is not among them sees itself alone. */
export const PUBLIC_REGIONS: readonly string[] = ["eu-west-2", "us-east-2", "us-west-1"];

/** The physical zone of each subregion. One of our own invention has three. */
export function locationsOf(region: string): readonly string[] {
  return REGIONS[region] ?? ["LOCAL1", "LOCAL2", "LOCAL3"];
}

/** The subregions of a region: its name and a letter. */
export function subregionsOf(region: string): readonly string[] {
  return locationsOf(region).map((_, index) => `${region}${"abc"[index]}`);
}
