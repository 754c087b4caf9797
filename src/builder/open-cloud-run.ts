import { resolve } from "node:path";
import { type Clock, systemClock } from "../common/clock.ts";
import { type DebugLog, noLog } from "../common/log.ts";
import { version } from "../common/version.ts";
import { defaultWaiting } from "../config/default-waiting.ts";
import { engineSettings } from "../config/engine-settings.ts";
import { hostRunner } from "../host/run-command.ts";
import type { Access } from "../outscale/access.ts";
import { readAccountId } from "../outscale/account-id.ts";
import { createApi } from "../outscale/client.ts";
import { createWaiters } from "../outscale/waiters.ts";
import { cleanupCommand } from "./cleanup-command.ts";
import { Journal } from "./journal/journal.ts";
import { journalFolder, newRunId } from "./journal/run-id.ts";
import { accessToPlace } from "./region-copy/place-access.ts";
import { RegionClouds } from "./region-copy/region-clouds.ts";
import type { RunContext } from "./run-context.ts";
import { tellClockSkew } from "./tell-clock-skew.ts";
import { tellRetry } from "./tell-retry.ts";
import type { Ui } from "./ui.ts";
import { WaitHistoryFile } from "./wait-history-file.ts";

export interface CloudRunOptions {
  readonly access: Access;
  /** Where the journal goes. */
  readonly stateFolder: string;
  readonly ui: Ui;
  readonly signal: AbortSignal;
  readonly hurry: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  readonly clock?: Clock | undefined;
  readonly log?: DebugLog | undefined;
  /** The state folder of an embedded cloud, which `cleanup` starts again. */
  readonly localCloud?: string | undefined;
}

/** A run that has to do with the cloud alone. Its journal is there until it is disposed of, and longer if something is left. */
export interface CloudRun extends AsyncDisposable {
  readonly context: RunContext;
  /** Whether something is announced that is neither released nor kept. */
  readonly isSomethingLeft: boolean;
}

/**
 * Begins such a run.
 * @param name As `cleanup` tells of it: `omi prune`
 * @throws {AuthError} when the credentials are refused
 * @throws {JournalError} when the journal cannot be written
 */
export async function openCloudRun(name: string, options: CloudRunOptions): Promise<CloudRun> {
  const { access, stateFolder, ui, signal, hurry, env, localCloud } = options;
  const { clock = systemClock, log = noLog } = options;
  const tell = { ...tellRetry({ ui, clock }), onClockSkew: tellClockSkew(ui) };
  const api = createApi({ access, clock, log, env, ...tell });
  try {
    const accountId = await readAccountId(api, { signal });
    const header = {
      runId: newRunId(),
      buildName: name,
      startedAt: new Date(clock.now()).toISOString(),
      version,
      pid: process.pid,
      endpoint: access.endpoint,
      region: access.region,
      accountId,
      profile: access.profile ?? null,
      deviceFolder: resolve(engineSettings(env).deviceFolder),
      localCloud: localCloud === undefined ? null : resolve(localCloud),
    };
    const onTrouble = (message: string) => ui.warn(message);
    const journal = await Journal.create(journalFolder(stateFolder), header, { log, onTrouble });
    const waits = await WaitHistoryFile.open({ stateFolder, accountId, region: access.region, log });
    const waiters = createWaiters({ api, clock, log, history: waits.history, ...defaultWaiting });
    const regions = new RegionClouds({
      accessTo: (place) => accessToPlace(place, env, onTrouble),
      ...{ stateFolder, ui, clock, log, env, ...defaultWaiting },
    });
    const { runId, deviceFolder } = header;
    const tools = { api, regions, journal, waiters, ui, log, clock, host: hostRunner(log), emit: () => undefined };
    return {
      context: { ...tools, runId, accountId, deviceFolder, signal, hurry },
      get isSomethingLeft() {
        return journal.hasOpenResources;
      },
      [Symbol.asyncDispose]: async () => {
        const isLeft = journal.hasOpenResources;
        journal.close("done");
        await waits.save();
        await regions[Symbol.asyncDispose]();
        await api[Symbol.asyncDispose]();
        if (isLeft) ui.warn(`Something is left behind: run "${cleanupCommand({ runId, stateFolder, env })}"`);
      },
    };
  } catch (error) {
    await api[Symbol.asyncDispose]();
    throw error;
  }
}
