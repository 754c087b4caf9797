import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalCloud } from "../../../src/local-cloud/start-local-cloud.ts";
import { type ForwardingDoor, openDoor } from "../outscale/forwarding-door.ts";
import type { Bakery } from "./bake.ts";

/** What is done while a call is held. */
export interface Wishes {
  /** With the call itself. */
  readonly stop: () => void;
  /** With the next one that comes after it, of whatever kind. */
  readonly hurry?: (() => void) | undefined;
}

/**
 * Doors before all regions of a local cloud, through which every call to API and buckets passes: one of them can be held, so
 * that something happens while it is on its way. A call is known by its name, region and number: `CreateImage 2 in us-east-2`.
 */
export class HeldCalls implements AsyncDisposable {
  /** In place of the bakery's own: everything goes through the doors. */
  readonly env: NodeJS.ProcessEnv;
  readonly #doors: ReadonlyMap<string, ForwardingDoor>;
  #calls: string[] = [];
  #counts = new Map<string, number>();
  #held: { readonly call: string; readonly wishes: Wishes } | undefined;
  #next: (() => void) | undefined;

  private constructor(env: NodeJS.ProcessEnv, doors: ReadonlyMap<string, ForwardingDoor>) {
    this.env = env;
    this.#doors = doors;
  }

  static async open({ cloud, env, folder }: Pick<Bakery, "cloud" | "env" | "folder">): Promise<HeldCalls> {
    const doors = new Map<string, ForwardingDoor>();
    let held: HeldCalls | undefined;
    for (const { regionName, storageEndpoint } of cloud.regions) {
      const hold = async (request: CallLine) => (held === undefined ? undefined : held.#arrive(request, regionName));
      doors.set(regionName, await openDoor(storageEndpoint, { hold }));
    }
    const file = join(folder, "profiles-of-doors.json");
    await writeFile(file, JSON.stringify(Object.fromEntries(cloud.regions.map((region) => profileOf(region, doors)))));
    const home = endpointsOf(doors.get(cloud.regionName));
    held = new HeldCalls(
      { ...env, OSC_ENDPOINT_API: home.api, OSC_ENDPOINT_OOS: home.oos, OSC_CONFIG_FILE: file },
      doors,
    );
    return held;
  }

  /** The calls since {@link begin}, in the order in which they came. */
  get calls(): readonly string[] {
    return this.#calls;
  }

  /** Counts anew, and holds a call if one is named, when it comes. */
  begin(call?: string, wishes: Wishes = { stop: () => undefined }): void {
    this.#calls = [];
    this.#counts = new Map();
    this.#next = undefined;
    this.#held = call === undefined ? undefined : { call, wishes };
  }

  /** Whether the call that was to be held has not come. */
  get isWaiting(): boolean {
    return this.#held !== undefined;
  }

  /** Resolves when no call is on its way. */
  async idle(): Promise<void> {
    for (const door of this.#doors.values()) await door.idle();
  }

  async #arrive(request: CallLine, region: string): Promise<void> {
    const name = `${nameOf(request)} in ${region}`;
    const number = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, number);
    const call = `${nameOf(request)} ${number} in ${region}`;
    this.#calls.push(call);
    const next = this.#next;
    this.#next = undefined;
    next?.();
    if (this.#held?.call === call) {
      const { stop, hurry } = this.#held.wishes;
      this.#held = undefined;
      this.#next = hurry;
      stop();
    }
    // Whoever gives the call up has closed its connection by then.
    await new Promise(setImmediate);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const door of this.#doors.values()) await door[Symbol.asyncDispose]();
  }
}

interface CallLine {
  readonly method: string;
  readonly path: string;
}

/** The API's action; or what is done to a bucket or an object, whose keys have the run's id in them. */
function nameOf({ method, path }: CallLine): string {
  const [, action] = /^\/api\/v1\/(\w+)$/.exec(path) ?? [];
  if (action !== undefined) return action;
  const { pathname, searchParams } = new URL(path, "http://127.0.0.1");
  const what = /^\/[^/]+\/./.test(pathname) ? "object" : "bucket";
  return [method, what, ...[...searchParams.keys()].filter((key) => key === "delete" || key === "list-type")].join(" ");
}

function endpointsOf(door: ForwardingDoor | undefined) {
  const url = door?.url ?? "";
  return { api: `${url}/api/v1`, oos: url };
}

function profileOf(region: LocalCloud, doors: ReadonlyMap<string, ForwardingDoor>) {
  const { accessKey, secretKey } = region.account("builder");
  const keys = { access_key: accessKey, secret_key: secretKey };
  const endpoints = endpointsOf(doors.get(region.regionName));
  return [region.regionName, { ...keys, region: region.regionName, endpoints }] as const;
}
