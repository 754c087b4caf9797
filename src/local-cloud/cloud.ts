import { randomBytes } from "node:crypto";
import type { Accounts } from "./accounts.ts";
import type { Disks } from "./disks/disks.ts";
import type { FaultInjector } from "./faults.ts";
import type { Store } from "./folder/store.ts";
import type { Settings } from "./options.ts";
import type { Lifecycle } from "./states/lifecycle.ts";

/** What a call and the work behind it stand on. */
export interface Cloud {
  readonly settings: Settings;
  readonly store: Store;
  readonly disks: Disks;
  readonly accounts: Accounts;
  readonly faults: FaultInjector;
  readonly lifecycle: Lifecycle;
}

export type IdPrefix = "ami" | "vol" | "snap" | "i" | "r" | "vol-update";

/** A new identifier in the API's form: `vol-` and eight hex digits. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}-${randomBytes(4).toString("hex")}`;
}

/** The time in the API's form: `2010-10-01T12:34:56.789Z`. */
export function timestamp(cloud: Pick<Cloud, "settings">): string {
  return new Date(cloud.settings.clock.now()).toISOString();
}

/** The subregions of a region: its name and a letter. */
export function subregionsOf(region: string): readonly string[] {
  return ["a", "b", "c"].map((letter) => `${region}${letter}`);
}
