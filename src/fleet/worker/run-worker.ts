import { hostname } from "node:os";
import { join } from "node:path";
import { connectToRun } from "../../bake/connect-to-run.ts";
import { openLocalSession } from "../../bake/local-session.ts";
import { cleanUpRuns } from "../../builder/clean-up-runs.ts";
import type { FoundProduct } from "../../builder/region-copy/missing-copies.ts";
import { tellRetry } from "../../builder/tell-retry.ts";
import type { Ui } from "../../builder/ui.ts";
import { systemClock } from "../../common/clock.ts";
import { CancelledError, messageOf } from "../../common/errors.ts";
import type { DebugLog } from "../../common/log.ts";
import { engineSettings, temporaryFolder } from "../../config/engine-settings.ts";
import { heldFolders } from "../../host/held-folder.ts";
import { requireRoot } from "../../host/require-root.ts";
import { createApi } from "../../outscale/client.ts";
import { resolveAccess } from "../../outscale/credentials.ts";
import { eachNoticeOnce, type OnNotice, tellNotices } from "../../outscale/tell-notices.ts";
import { BundleBucket } from "../objects/bundle-bucket.ts";
import type { RedisAddress } from "../queue/address.ts";
import { FleetQueue } from "../queue/fleet-queue.ts";
import { queueOf } from "../queue/place.ts";
import type { FleetKeys } from "../seal/fleet-key.ts";
import { Sealer } from "../seal/seal.ts";
import { readBuilderAccount } from "./builder-account.ts";
import { connectTwice } from "./connections.ts";
import { FleetWorker } from "./fleet-worker.ts";
import { takeIdentity } from "./identity.ts";
import { JobFolder } from "./job-files.ts";
import { JobProcess } from "./job-process.ts";
import { Recovery } from "./recovery.ts";

export interface WorkerInput {
  readonly address: RedisAddress;
  readonly keys: FleetKeys;
  readonly env: NodeJS.ProcessEnv;
  /** The state folder of the local cloud to bake on; undefined for the account of the environment. */
  readonly localCloud: string | undefined;
  readonly label: string | undefined;
  /** How many builds at a time. */
  readonly slots: number;
  readonly limitBytes: number;
  /** How much of a bundle may come through a bucket. */
  readonly bucketLimitBytes: number;
  /** A profile with the keys of that bucket. */
  readonly bundleProfile: string | undefined;
  readonly ui: Ui;
  readonly log: DebugLog;
  /** Takes no more builds, and ends when those that it has are done. */
  readonly drain: AbortSignal;
  /** Hands back the builds that it has. */
  readonly stop: AbortSignal;
}

/**
 * Bakes what comes over a queue until it is drained. What its own dead runs have left is taken down first.
 * @throws {UsageError | AuthError | FleetError} when it cannot begin
 */
export async function runWorker(input: WorkerInput): Promise<void> {
  requireRoot("A worker needs root: it mounts disks");
  const { localCloud, log, ui, address, keys, label } = input;
  await using local = localCloud === undefined ? undefined : await openLocalSession(input.env, localCloud, log);
  const env = local?.env ?? input.env;
  const onTrouble = (message: string) => ui.warn(message);
  const onNotice = eachNoticeOnce(onTrouble);
  const access = tellNotices(await resolveAccess({ template: {}, env }), onNotice);
  await using api = createApi({ access, env, log, ...tellRetry({ ui, clock: systemClock }) });
  const account = await readBuilderAccount(api, { env, access, ui, signal: input.drain }).catch(unlessDrained);
  if (account === undefined) return;
  const place = { accountId: account.accountId, region: account.region, label };
  const { stateFolder } = engineSettings(env);
  await using identity = await takeIdentity(stateFolder, queueOf(place));
  const cleanUp = (hurry: AbortSignal) => takeDownDeadRuns(stateFolder, { env, ui, log, onNotice, hurry });
  const jobs = new JobFolder(join(identity.folder, "jobs"));
  const tellWait = (id: string) => ui.say(`The process of build ${id} is still there, from before: it cleans up first`);
  await jobs.waitForProcesses(tellWait, input.drain);
  const deadRuns = await takeDownAll(() => cleanUp(input.drain), input);
  const bucketKeys = { region: account.region, profile: input.bundleProfile, env };
  await using bucket = new BundleBucket({ ...bucketKeys, log, onRetry: onTrouble, onNotice });
  // A profile that is not there is told now, and not by the first build that needs it.
  if (input.bundleProfile !== undefined) await bucket.storage();
  using connections = await connectTwice(address, onTrouble);
  await using queue = new FleetQueue(place, connections.redis, new Sealer(keys, Date.now));
  const worker = new FleetWorker({
    ...input,
    env,
    queue,
    identity,
    jobs,
    deadRuns,
    recovery: new Recovery({ queue, workerId: identity.id, account, api, access, env, stateFolder, ui, log }),
    account,
    bucket,
    host: hostname(),
    cleanUp: () => cleanUp(input.stop),
    makeFolder: heldFolders(temporaryFolder(stateFolder)),
    startJob: (job) => new JobProcess(job),
  });
  await worker.run(connections.blocking);
}

/** It had nothing to do yet. */
function unlessDrained(error: unknown): undefined {
  if (!(error instanceof CancelledError)) throw error;
}

/** Somebody may hold for a while what is to go. Builds of dead runs wait for this, so it is tried again before work is taken. */
const CLEAN_UP_TRIES = 5;
const CLEAN_UP_PAUSE_MS = 10_000;

async function takeDownAll(
  cleanUp: () => Promise<DeadRuns>,
  { ui, drain }: Pick<WorkerInput, "ui" | "drain">,
): Promise<DeadRuns> {
  let dead = await cleanUp();
  for (let tries = 1; !dead.isClean && tries < CLEAN_UP_TRIES && !drain.aborted; tries++) {
    ui.say(`What was left of earlier builds is tried again in ${CLEAN_UP_PAUSE_MS / 1_000} s`);
    await systemClock.sleep(CLEAN_UP_PAUSE_MS, drain).catch(() => undefined);
    dead = await cleanUp();
  }
  return dead;
}

/** What was found of them. */
export interface DeadRuns {
  /** Whether nothing is left but what runs on: only then their jobs are given back. */
  readonly isClean: boolean;
  /** The runs whose exports still run: what they write goes the next time. */
  readonly later: ReadonlySet<string>;
  /** The OMIs that they had made, by their ids. */
  readonly products: ReadonlyMap<string, FoundProduct>;
}

interface TakeDownInput extends Pick<WorkerInput, "env" | "ui" | "log"> {
  readonly onNotice: OnNotice;
  /** The wish that the worker ends. */
  readonly hurry: AbortSignal;
}

/** What could not be taken down is told, and keeps the worker from nothing: what waits for it waits for the next start. */
async function takeDownDeadRuns(
  stateFolder: string,
  { env, ui, log, onNotice, hurry }: TakeDownInput,
): Promise<DeadRuns> {
  try {
    const runs = await cleanUpRuns({
      ...{ stateFolder, runIds: [], dryRun: false, ui, env, log, hurry, isUnattended: true },
      connect: (header) => connectToRun(header, { env, log, onNotice }),
    });
    return {
      isClean: true,
      later: new Set(runs.flatMap(({ runId, outcome }) => (outcome === "later" ? [runId] : []))),
      products: new Map(
        runs.flatMap(({ runId, product, missing }) => (product ? [[runId, { product, missing }]] : [])),
      ),
    };
  } catch (error) {
    ui.error(messageOf(error));
    return { isClean: false, later: new Set(), products: new Map() };
  }
}
