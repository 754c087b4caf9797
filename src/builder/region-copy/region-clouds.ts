import type { Clock } from "../../common/clock.ts";
import { AuthError } from "../../common/errors.ts";
import type { DebugLog } from "../../common/log.ts";
import type { Access } from "../../outscale/access.ts";
import { readAccountId } from "../../outscale/account-id.ts";
import type { Api } from "../../outscale/api.ts";
import { createApi } from "../../outscale/client.ts";
import { createObjectStorage, type ObjectStorage } from "../../outscale/object-storage/object-storage.ts";
import { createWaiters, type Waiters, type WaitersOptions } from "../../outscale/waiters.ts";
import type { EventSink } from "../events.ts";
import { tellClockSkew } from "../tell-clock-skew.ts";
import { describeRetry, tellRetry } from "../tell-retry.ts";
import type { Ui } from "../ui.ts";
import { WaitHistoryFile } from "../wait-history-file.ts";
import type { Place } from "./place.ts";

/** An account in a region, connected. */
export interface RegionCloud {
  readonly place: Place;
  readonly api: Api;
  readonly waiters: Waiters;
  readonly storage: ObjectStorage;
}

export interface RegionCloudsOptions extends Pick<WaitersOptions, "polling" | "timeouts" | "onEnd"> {
  /** The way back to an account that a journal names. @throws {AuthError} when there are no credentials for it */
  readonly accessTo: (place: Place) => Promise<Access>;
  /** Where the times that waits took are kept. */
  readonly stateFolder: string;
  readonly ui: Ui;
  /** Told of what is tried again. */
  readonly emit?: EventSink | undefined;
  readonly clock: Clock;
  readonly log: DebugLog;
  readonly env: NodeJS.ProcessEnv;
}

interface Connection extends RegionCloud {
  close(): Promise<void>;
}

/** The accounts of a run in its regions, each connected once, and not before somebody asks. */
export class RegionClouds implements AsyncDisposable {
  readonly #options: RegionCloudsOptions;
  readonly #connections = new Map<string, Connection>();

  constructor(options: RegionCloudsOptions) {
    this.#options = options;
  }

  /** Connects to the account of these credentials. @throws {AuthError} when they are refused */
  async open(access: Access, signal?: AbortSignal): Promise<RegionCloud> {
    const connection = await this.#connect(access, signal);
    const key = keyOf(connection.place);
    const known = this.#connections.get(key);
    if (known === undefined) this.#connections.set(key, connection);
    else await connection.close();
    return known ?? connection;
  }

  /**
   * The account that a journal names.
   * @throws {AuthError} when there are no credentials for it, they are refused, or are another account's
   */
  async at(place: Place): Promise<RegionCloud> {
    const known = this.#connections.get(keyOf(place));
    if (known !== undefined) return known;
    const cloud = await this.open(await this.#options.accessTo(place));
    if (keyOf(cloud.place) === keyOf(place)) return cloud;
    const { accountId, region } = cloud.place;
    throw new AuthError(
      `The credentials for ${place.region} are of the account ${accountId} in ${region}, and not of ${place.accountId}`,
      { hint: `Give those of ${place.accountId}${place.profile === null ? "" : ` (the profile "${place.profile}")`}` },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections.values()) await connection.close();
    this.#connections.clear();
  }

  async #connect(access: Access, signal: AbortSignal | undefined): Promise<Connection> {
    const { ui, emit, clock, log, env, stateFolder, polling, timeouts, onEnd } = this.#options;
    const tell = tellRetry({ ui, clock, emit, region: access.region });
    const api = createApi({ access, clock, log, env, ...tell, onClockSkew: tellClockSkew(ui) });
    try {
      const { region, profile = null } = access;
      const accountId = await readAccountId(api, signal && { signal });
      const waits = await WaitHistoryFile.open({ stateFolder, accountId, region, log });
      const storage = createObjectStorage({
        ...{ access, clock, log, env },
        onRetry: ({ operation, ...retry }) => ui.message(describeRetry({ action: operation, ...retry }, region)),
      });
      return {
        place: { region, accountId, profile },
        api,
        waiters: createWaiters({ api, clock, log, polling, timeouts, history: waits.history, ...(onEnd && { onEnd }) }),
        storage,
        close: async () => {
          await waits.save();
          await storage[Symbol.asyncDispose]();
          await api[Symbol.asyncDispose]();
        },
      };
    } catch (error) {
      await api[Symbol.asyncDispose]();
      throw error;
    }
  }
}

function keyOf({ region, accountId }: Place): string {
  return `${region}/${accountId}`;
}
