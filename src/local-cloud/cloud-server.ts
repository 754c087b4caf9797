import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { messageOf } from "../common/errors.ts";
import { portOf } from "../common/listening.ts";
import { secrets } from "../common/secrets.ts";
import type { Account, AccountRole } from "./accounts.ts";
import { lookAtRegion, type RegionLook, type WatchedRegion } from "./console/region-look.ts";
import { controlFile } from "./control/running-server.ts";
import type { ServerControl } from "./control/server-operations.ts";
import type { FaultInjector } from "./faults.ts";
import { regionFolder } from "./folder/region-folders.ts";
import { checkDevicesFree, clearFolder } from "./folder/reset-folder.ts";
import { PROFILES_FILE, writeStateFile } from "./folder/state-folder.ts";
import { API_PATH } from "./http/api-route.ts";
import { closeServer, type HttpServer, listen, listenOnSocket } from "./http/http-server.ts";
import { LockOut } from "./http/lock-out.ts";
import { type LoggedRequest, RequestLog } from "./http/request-log.ts";
import { LocalCloudError, NotReadyError } from "./local-cloud-error.ts";
import { Neighbours } from "./neighbours.ts";
import { type OpenCloud, openCloud } from "./open-cloud.ts";
import { type LocalCloudOptions, type RegionOptions, settingsOf } from "./options.ts";
import { readSeed } from "./seed/read-seed.ts";
import { checkRegionNames, regionsBesides, writeProfiles } from "./server-regions.ts";
import { routesOf } from "./server-routes.ts";
import type { LocalCloud } from "./start-local-cloud.ts";
import { type Status, statusOf } from "./status.ts";
import { placesOf, type VmPlace } from "./vm-places.ts";
import { setVmState, type VmStateName } from "./vm-states.ts";

const LOOPBACK = "127.0.0.1";
/** Listening there is listening on every address, this machine's own among them. */
const EVERYWHERE: Readonly<Record<string, string>> = { "0.0.0.0": LOOPBACK, "::": "[::1]" };

/** A cloud with its HTTP servers. The cloud behind them is another one after a reset. */
export class CloudServer implements LocalCloud, ServerControl, WatchedRegion {
  readonly #options: LocalCloudOptions & RegionOptions;
  readonly #neighbours: Neighbours;
  /** The other regions, each with a server of its own. */
  #others: CloudServer[] = [];
  readonly #token = randomBytes(24).toString("hex");
  readonly #log = new RequestLog();
  readonly #stop = new AbortController();
  #servers: HttpServer[] = [];
  #url = "";
  /** Absent while it starts, or is emptied. */
  #ready: OpenCloud | undefined;
  #lockOut: LockOut | undefined;
  #beside: AsyncDisposable | undefined;
  #closed: Promise<void> | undefined;
  readonly #onFailure = (error: unknown) => {
    const message = `local cloud: ${error instanceof Error ? error.stack : messageOf(error)}`;
    this.#options.log?.write({ kind: "note", message });
  };

  private constructor(options: LocalCloudOptions & RegionOptions) {
    this.#options = options;
    this.#neighbours = options.neighbours ?? new Neighbours();
    secrets.add(this.#token);
  }

  static async start(options: LocalCloudOptions & RegionOptions): Promise<CloudServer> {
    checkRegionNames(options.regions);
    const server = new CloudServer(options);
    try {
      await server.#open();
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  get regionName(): string {
    return this.#cloud.settings.region;
  }

  get regions(): readonly LocalCloud[] {
    return [this, ...this.#others];
  }

  get endpoint(): string {
    return this.#url + API_PATH;
  }

  get storageEndpoint(): string {
    return this.#url;
  }

  get metadataEndpoint(): string {
    return this.#url;
  }

  get deviceFolder(): string {
    return this.vms[0]?.deviceFolder ?? "";
  }

  get vmId(): string {
    return this.vms[0]?.vmId ?? "";
  }

  get vms(): readonly VmPlace[] {
    return placesOf(this.#cloud, this.#url);
  }

  get environment(): Readonly<Record<string, string>> {
    const { accessKey, secretKey } = this.account("builder");
    return {
      OSC_ACCESS_KEY: accessKey,
      OSC_SECRET_KEY: secretKey,
      OSC_REGION: this.#cloud.settings.region,
      OSC_ENDPOINT_API: this.endpoint,
      OSC_ENDPOINT_OOS: this.storageEndpoint,
      // The way into the other regions, where there are any.
      ...(this.#others.length > 0 && { OSC_CONFIG_FILE: resolve(this.#options.stateFolder, PROFILES_FILE) }),
      OUTSCALE_CHROOT_METADATA_ENDPOINT: this.metadataEndpoint,
      OUTSCALE_CHROOT_DEVICE_FOLDER: this.deviceFolder,
    };
  }

  setVmState(vmId: string, state: VmStateName): void {
    setVmState(this.#cloud, vmId, state);
  }

  get faults(): FaultInjector {
    return this.#cloud.faults;
  }

  get requests(): readonly LoggedRequest[] {
    return this.#log.entries;
  }

  account(role: AccountRole): Account {
    return this.#cloud.accounts.byRole(role);
  }

  get calls(): RequestLog {
    return this.#log;
  }

  look(): RegionLook {
    return lookAtRegion(this.#cloud);
  }

  status(): Status {
    return statusOf(this.#cloud);
  }

  idle(): Promise<void> {
    return this.#cloud.lifecycle.idle();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  requestStop(): void {
    const { onStop } = this.#options;
    const hint = "It ends with the command that has started it";
    if (!onStop)
      throw new LocalCloudError("This local cloud is part of another command, such as `build -local`", { hint });
    onStop();
  }

  /** Begins anew with the same keys and the seed of its start, on the same port; what is asked meanwhile gets a 503. */
  async reset(): Promise<Status> {
    const cloud = this.#cloud;
    const { stateFolder, seed } = cloud.settings;
    for (const server of [this, ...this.#others]) await checkDevicesFree(server.#cloud.settings.stateFolder);
    // What cannot be begun anew is not ended.
    if (seed !== undefined) await readSeed(seed);
    this.#ready = undefined;
    // What it leaves unfinished is removed now, and a disk that was full may have room for the rest then.
    await cloud.close().catch(this.#onFailure);
    await clearFolder(stateFolder, { goesOn: true }).catch(async (error: unknown) => {
      // What could not be emptied goes on as it is.
      await this.#openCloud();
      throw error;
    });
    await this.#openCloud();
    await this.#writeControlFile();
    for (const other of this.#others) await other.reset();
    await this.#writeProfiles();
    return this.status();
  }

  async callsSince(number: number | undefined): Promise<{ calls: readonly LoggedRequest[]; next: number }> {
    const calls = number === undefined ? [] : await this.#log.since(number, this.#stop.signal);
    return { calls, next: this.#log.next };
  }

  get #cloud(): OpenCloud {
    if (!this.#ready) throw new NotReadyError();
    return this.#ready;
  }

  async #open(): Promise<void> {
    await this.#openCloud(() => this.#listen());
    const { region, stateFolder } = this.#cloud.settings;
    this.#neighbours.add({ region, url: this.#url, cloud: () => this.#ready });
    if (this.#options.neighbours === undefined) {
      const names = await regionsBesides(region, stateFolder, this.#options);
      for (const name of names) this.#others.push(await this.#startRegion(stateFolder, name));
      await this.#writeProfiles();
    }
    if (this.#options.neighbours === undefined)
      this.#beside = await this.#options.openBeside?.([this, ...this.#others]);
    // Last: who finds it finds every region.
    await this.#writeControlFile();
  }

  /** A region besides the first one: a cloud of its own, on the next port. */
  async #startRegion(stateFolder: string, region: string): Promise<CloudServer> {
    const { port = 0, socketPath: _socket, keys: _keys, regions: _regions, ...options } = this.#options;
    const next = port === 0 ? 0 : port + this.#others.length + 1;
    const own = { stateFolder: regionFolder(stateFolder, region), region, seedRegion: region };
    return CloudServer.start({ ...options, ...own, port: next, neighbours: this.#neighbours });
  }

  async #writeProfiles(): Promise<void> {
    const { stateFolder } = this.#cloud.settings;
    if (this.#others.length > 0) await writeProfiles(stateFolder, [this, ...this.#others]);
  }

  /** @param whenLocked Runs once the folder is ours, and before the work on it, which may take seconds */
  async #openCloud(whenLocked?: () => Promise<void>): Promise<void> {
    const options = { ...this.#options, neighbours: this.#neighbours };
    const [first] = this.#options.regions ?? [];
    const asked = settingsOf(first === undefined ? options : { region: first, ...options });
    const cloud = await openCloud(asked, "run", whenLocked);
    this.#lockOut = new LockOut(cloud.settings);
    this.#ready = cloud;
  }

  async #listen(): Promise<void> {
    const { listen: host = LOOPBACK, port = 0, socketPath } = this.#options;
    const served = { requests: this.#log, server: this, token: this.#token };
    const routes = routesOf({ ...served, open: () => this.#ready, lockOut: () => this.#lockOut });
    const server = await listen({ host, port }, routes, this.#onFailure);
    this.#servers.push(server);
    if (socketPath !== undefined) this.#servers.push(await listenOnSocket(socketPath, routes, this.#onFailure));
    const name = EVERYWHERE[host] ?? (host.includes(":") ? `[${host}]` : host);
    this.#url = `http://${name}:${portOf(server.server)}`;
  }

  async #writeControlFile(): Promise<void> {
    const { environment, vms } = this;
    const running = { url: this.#url, token: this.#token, pid: process.pid, environment, vms };
    await writeStateFile(controlFile(this.#cloud.settings.stateFolder), JSON.stringify(running));
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    await this.#beside?.[Symbol.asyncDispose]();
    await Promise.all([...this.#servers.map(closeServer), ...this.#others.map((other) => other.close())]);
    const cloud = this.#ready;
    if (!cloud) return;
    const { stateFolder } = cloud.settings;
    await Promise.all(
      [controlFile(stateFolder), join(stateFolder, PROFILES_FILE)].map((file) => rm(file, { force: true })),
    );
    await cloud.close();
  }
}
