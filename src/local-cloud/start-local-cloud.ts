import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { secrets } from "../common/secrets.ts";
import type { Account, AccountRole } from "./accounts.ts";
import { CONTROL_PREFIX, controlFile } from "./control/running-server.ts";
import type { FaultInjector } from "./faults.ts";
import { writeWholeFile } from "./folder/durable-files.ts";
import { API_PATH, actionOf, answerApi } from "./http/api-route.ts";
import { answerControl } from "./http/control-route.ts";
import { closeServer, type HttpServer, listen, listenOnSocket, portOf, type Route, text } from "./http/http-server.ts";
import { LockOut } from "./http/lock-out.ts";
import { answerMetadata, METADATA_PREFIX } from "./http/metadata-route.ts";
import { type LoggedRequest, RequestLog } from "./http/request-log.ts";
import { deviceFolderOf, type OpenCloud, openCloud } from "./open-cloud.ts";
import { type LocalCloudOptions, settingsOf } from "./options.ts";
import { type Status, statusOf } from "./status.ts";

/** A cloud that answers on this machine. */
export interface LocalCloud extends AsyncDisposable {
  /** The base URL of the API: `http://127.0.0.1:PORT/api/v1`. */
  readonly endpoint: string;
  /** The base URL of the metadata service of the builder's VM, without `/latest`. */
  readonly metadataEndpoint: string;
  /** What stands for `/dev` in the builder's VM: `xvdX` links and `disk/by-id`, with their partitions. */
  readonly deviceFolder: string;
  /** The VM on which builds run. */
  readonly vmId: string;
  /** What a builder needs to use this cloud. Holds the secret key of the builder's account. */
  readonly environment: Readonly<Record<string, string>>;
  readonly faults: FaultInjector;
  /** The last calls of the API, oldest first, without secrets. */
  readonly requests: readonly LoggedRequest[];
  /** An account with its keys. */
  account(role: AccountRole): Account;
  status(): Status;
  /** Resolves when every state that does not last has come to its end, or is stuck. */
  idle(): Promise<void>;
  /**
   * Stops answering and lets go of the state folder. Everything is kept, and what is linked stays attached, so that the
   * next start goes on from there.
   */
  close(): Promise<void>;
}

/**
 * Starts a cloud on a state folder, which is made when it is new.
 * @throws {LocalCloudError} when another server uses the folder
 * @throws {CommandError} when a program it needs fails or is missing
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const core = await openCloud(settingsOf(options), "run");
  const servers: HttpServer[] = [];
  try {
    const token = randomBytes(24).toString("hex");
    secrets.add(token);
    const requests = new RequestLog();
    const route = routeOf(core, { token, requests });
    const server = await listen({ host: "127.0.0.1", port: options.port ?? 0 }, route);
    servers.push(server);
    if (options.socketPath !== undefined) servers.push(await listenOnSocket(options.socketPath, route));
    const url = `http://127.0.0.1:${portOf(server)}`;
    const cloud = describeCloud(core, { url, requests, close: once(() => closeAll(core, servers)) });
    const running = { url, token, pid: process.pid, environment: cloud.environment };
    await writeWholeFile(controlFile(core.settings.stateFolder), JSON.stringify(running));
    return cloud;
  } catch (error) {
    await closeAll(core, servers);
    throw error;
  }
}

function routeOf(core: OpenCloud, { token, requests }: { token: string; requests: RequestLog }): Route {
  const lockOut = new LockOut(core.settings);
  return async (request) => {
    const action = actionOf(request.url);
    if (action !== undefined) return answerApi({ cloud: core, lockOut, requests }, action, request);
    if (request.url.startsWith(METADATA_PREFIX)) return answerMetadata(core, vmOf(core), request);
    if (request.url.startsWith(CONTROL_PREFIX)) return answerControl(core, token, request);
    return text(404, "Not Found");
  };
}

interface DescribeInput {
  readonly url: string;
  readonly requests: RequestLog;
  readonly close: () => Promise<void>;
}

function describeCloud(core: OpenCloud, { url, requests, close }: DescribeInput): LocalCloud {
  const { settings, accounts, faults, lifecycle } = core;
  const deviceFolder = deviceFolderOf(settings.stateFolder);
  const { accessKey, secretKey } = accounts.byRole("builder");
  const endpoint = url + API_PATH;
  return {
    endpoint,
    metadataEndpoint: url,
    deviceFolder,
    vmId: vmOf(core),
    environment: {
      OSC_ACCESS_KEY: accessKey,
      OSC_SECRET_KEY: secretKey,
      OSC_REGION: settings.region,
      OSC_ENDPOINT_API: endpoint,
      OUTSCALE_CHROOT_METADATA_ENDPOINT: url,
      OUTSCALE_CHROOT_DEVICE_FOLDER: deviceFolder,
    },
    faults,
    requests: requests.entries,
    account: (role) => accounts.byRole(role),
    status: () => statusOf(core),
    idle: () => lifecycle.idle(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function vmOf({ store }: OpenCloud): string {
  return store.vms.values()[0]?.id ?? "";
}

async function closeAll(core: OpenCloud, servers: readonly HttpServer[]): Promise<void> {
  await Promise.all(servers.map(closeServer));
  await rm(controlFile(core.settings.stateFolder), { force: true });
  await core.close();
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}
