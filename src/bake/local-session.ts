import { open } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { systemClock } from "../common/clock.ts";
import type { DebugLog } from "../common/log.ts";
import { engineSettings } from "../config/engine-settings.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import { tryFlock } from "../host/flock.ts";
import { LOCAL_CLOUD_NEEDS_ROOT, requireRoot } from "../host/require-root.ts";
import { LocalCloudError } from "../local-cloud/local-cloud-error.ts";
import type { LocalCloud } from "../local-cloud/start-local-cloud.ts";

/** A local cloud that a command builds on: one of its own, or the server that runs on the state folder already. */
export interface LocalSession extends AsyncDisposable {
  readonly stateFolder: string;
  /** The caller's environment, pointing at the local cloud and nowhere else. */
  readonly env: NodeJS.ProcessEnv;
  /** Wins over the template's options, so that no build meant for here ever goes to a real account. */
  readonly options: RawConfig;
}

/** Where the local cloud lies that commands use unless they are told another place. One without root is the user's own. */
export function defaultCloudFolder(env: NodeJS.ProcessEnv): string {
  if (env.OUTSCALE_CHROOT_LOCAL_CLOUD) return env.OUTSCALE_CHROOT_LOCAL_CLOUD;
  const isRoot = process.geteuid?.() === 0;
  const own = env.XDG_STATE_HOME || join(homedir(), ".local/state");
  return join(isRoot ? engineSettings(env).stateFolder : join(own, "outscale-chroot"), "local-cloud");
}

const JOIN_ATTEMPTS = 300;

/**
 * Starts the embedded cloud, or joins the one that runs. The one who started it stays until the last guest has gone.
 * @throws {UsageError} without root
 * @throws {LocalCloudError} when somebody holds the state folder and no server answers
 */
export async function openLocalSession(
  env: NodeJS.ProcessEnv,
  stateFolder: string,
  log: DebugLog,
): Promise<LocalSession> {
  requireRoot(LOCAL_CLOUD_NEEDS_ROOT);
  // A server with all its actions, which builds elsewhere do not need.
  const { startLocalCloud } = await import("../local-cloud/start-local-cloud.ts");
  for (let attempt = 1; ; attempt++) {
    try {
      const cloud = await startLocalCloud({ stateFolder, log });
      return session(env, stateFolder, cloud.environment, () => closeAfterGuests(cloud, stateFolder));
    } catch (error) {
      if (!(error instanceof LocalCloudError) || attempt === JOIN_ATTEMPTS) throw error;
      const joined = await joinServer(env, stateFolder);
      if (joined !== undefined) return joined;
      // It is just closing: its folder is free in a moment.
      await systemClock.sleep(POLL_MS);
    }
  }
}

const POLL_MS = 100;

/** Becomes a guest of the server: it does not close while a guest has the shared lock. */
async function joinServer(env: NodeJS.ProcessEnv, stateFolder: string): Promise<LocalSession | undefined> {
  const { localCloudStatus } = await import("../local-cloud/administer-cloud.ts");
  const lock = await open(guestFile(stateFolder), "a+", 0o600);
  const isGuest = await tryFlock(lock.fd, "shared");
  const { environment, disks } = isGuest ? await localCloudStatus(stateFolder) : {};
  if (disks === "memory") {
    await lock.close();
    const hint =
      "Give another folder, by OUTSCALE_CHROOT_LOCAL_CLOUD, or stop and reset that one and start it without -memory";
    throw new LocalCloudError(
      `The local cloud in "${stateFolder}" has its disks in memory: nothing can be built on it`,
      { hint },
    );
  }
  if (environment !== undefined) return session(env, stateFolder, environment, () => lock.close());
  await lock.close();
  return undefined;
}

async function closeAfterGuests(cloud: LocalCloud, stateFolder: string): Promise<void> {
  const lock = await open(guestFile(stateFolder), "a+", 0o600);
  try {
    while (!(await tryFlock(lock.fd))) await systemClock.sleep(POLL_MS);
    await cloud.close();
  } finally {
    await lock.close();
  }
}

function guestFile(stateFolder: string): string {
  return join(stateFolder, "guests");
}

/** What of the environment speaks of another cloud. */
const FOREIGN = /^(OSC_|OUTSCALE_(ACCESSKEYID|SECRETKEYID|REGION|OAPI_URL|X509)|OUTSCALE_CHROOT_VM_ID$)/;

function session(
  env: NodeJS.ProcessEnv,
  stateFolder: string,
  environment: Readonly<Record<string, string>>,
  close: () => Promise<void>,
): LocalSession {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !FOREIGN.test(name)));
  return {
    stateFolder,
    // The user's profiles are of real accounts; this file is there when the cloud has several regions.
    env: { ...own, OSC_CONFIG_FILE: resolve(stateFolder, "profiles.json"), ...environment },
    options: {
      access_key: environment.OSC_ACCESS_KEY ?? null,
      secret_key: environment.OSC_SECRET_KEY ?? null,
      region: environment.OSC_REGION ?? null,
      custom_endpoint_oapi: environment.OSC_ENDPOINT_API ?? null,
      metadata_endpoint: environment.OUTSCALE_CHROOT_METADATA_ENDPOINT ?? null,
      profile: null,
      region_profiles: null,
      x509_cert_path: null,
      x509_key_path: null,
      insecure_skip_tls_verify: null,
      skip_metadata_api_check: null,
      vm_id: null,
    },
    [Symbol.asyncDispose]: close,
  };
}
